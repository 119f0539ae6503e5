package app

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"galleria/modules/cart"
	"galleria/modules/catalog"
	"galleria/modules/inventory"
	"galleria/modules/notifications"
	"galleria/modules/orders"
	"galleria/modules/payments"
	"galleria/platform/config"
	"galleria/platform/process"
	"galleria/platform/route"
)

// Config is everything that can be set, by galleria.yaml, by the environment
// as GALLERIA_… and by flags, in rising order of precedence.
type Config struct {
	Data   string   `yaml:"data" doc:"directory of databases, events and certificates"`
	Target []string `yaml:"target" doc:"what this process runs: all, or a list of modules and edge"`
	Peer   string   `yaml:"peer" doc:"rpc address of a running process to learn the rest from; empty: for a process without the edge, rpc.listen"`
	Demo   bool     `yaml:"demo" doc:"fill an empty catalog with the demo catalogue"`

	HTTP    HTTPConfig    `yaml:"http"`
	Admin   AdminConfig   `yaml:"admin"`
	RPC     RPCConfig     `yaml:"rpc"`
	Events  EventsConfig  `yaml:"events"`
	Log     LogConfig     `yaml:"log"`
	Tracing TracingConfig `yaml:"tracing"`
	Modules Modules       `yaml:"modules"`

	StopWithin time.Duration `yaml:"stop_within" doc:"how long a stop may take before it cuts off what is left"`
}

// HTTPConfig is the edge.
type HTTPConfig struct {
	Listen         string   `yaml:"listen" doc:"address of the shop"`
	BaseURL        string   `yaml:"base_url" doc:"how customers reach the shop, for links in mails and sitemap"`
	TrustedProxies []string `yaml:"trusted_proxies" doc:"networks (CIDR) of proxies whose X-Forwarded headers are believed"`
}

// AdminConfig is for operators.
type AdminConfig struct {
	Listen string `yaml:"listen" doc:"address of health, metrics, profiles and the mailbox; never public"`
}

// RPCConfig is for the other processes of the shop.
type RPCConfig struct {
	Listen      string `yaml:"listen" doc:"address of this process's modules, for other processes"`
	Plaintext   bool   `yaml:"plaintext" doc:"speak without TLS; on loopback addresses only"`
	Certificate string `yaml:"certificate" doc:"file made by galleria certs; empty: issued by the authority in the data directory"`
	Key         string `yaml:"key" doc:"file of the certificate's key"`
	Authority   string `yaml:"authority" doc:"file of the authority to trust"`
}

// EventsConfig is the event broker.
type EventsConfig struct {
	URL string `yaml:"url" doc:"external NATS cluster, such as tls://user:password@host:4222, separated by commas; empty: embedded, or the peer's" secret:"true"`
}

// LogConfig is the process's log on standard error.
type LogConfig struct {
	Level  string `yaml:"level" doc:"debug, info, warn or error"`
	Format string `yaml:"format" doc:"text or json"`
}

// TracingConfig is the export of OpenTelemetry spans.
type TracingConfig struct {
	Endpoint string  `yaml:"endpoint" doc:"OTLP/gRPC collector, host:port; empty: no tracing"`
	Insecure bool    `yaml:"insecure" doc:"speak to the collector without TLS"`
	Sample   float64 `yaml:"sample" doc:"share of requests that are traced, 0 to 1"`
}

// Modules holds a section per module.
type Modules struct {
	Catalog       Module[catalog.Config]       `yaml:"catalog"`
	Inventory     Module[inventory.Config]     `yaml:"inventory"`
	Cart          Module[cart.Config]          `yaml:"cart"`
	Orders        Module[orders.Config]        `yaml:"orders"`
	Payments      Module[payments.Config]      `yaml:"payments"`
	Notifications Module[notifications.Config] `yaml:"notifications"`
	// make new-module adds sections above this line.
}

// Module is what every module's section has, and the module's own keys.
type Module[C any] struct {
	Placed `yaml:",inline"`
	Own    C `yaml:",inline"`
}

// Placed says where a module is served and where its data is.
type Placed struct {
	Mode    string `yaml:"mode" doc:"local or remote; applied while the shop runs"`
	Address string `yaml:"address" doc:"host:port of the process that serves it, several with commas; applied while the shop runs"`
	DSN     string `yaml:"dsn" doc:"PostgreSQL of this module, postgres://…; empty: SQLite in the data directory" secret:"true"`
}

func newModule[C any](own C) Module[C] {
	return Module[C]{Placed: Placed{Mode: string(route.ModeLocal)}, Own: own}
}

// DefaultConfig is what holds when nothing is set.
func DefaultConfig() Config {
	return Config{
		Data:       "data",
		Target:     []string{TargetAll},
		Demo:       true,
		HTTP:       HTTPConfig{Listen: ":8080", BaseURL: "http://localhost:8080"},
		Admin:      AdminConfig{Listen: "127.0.0.1:8081"},
		RPC:        RPCConfig{Listen: "127.0.0.1:7070"},
		Log:        LogConfig{Level: "info", Format: "text"},
		Tracing:    TracingConfig{Sample: 1},
		StopWithin: 20 * time.Second,
		Modules: Modules{
			Catalog:       newModule(catalog.DefaultConfig()),
			Inventory:     newModule(inventory.DefaultConfig()),
			Cart:          newModule(cart.DefaultConfig()),
			Orders:        newModule(orders.DefaultConfig()),
			Payments:      newModule(payments.DefaultConfig()),
			Notifications: newModule(notifications.DefaultConfig()),
			// make new-module adds defaults above this line.
		},
	}
}

// What a process can run besides modules.
const (
	TargetAll  = "all"
	TargetEdge = "edge"
)

// Validate checks what the types can't.
func (c Config) Validate() error {
	errs := []error{
		config.OneOf("log.level", c.Log.Level, "debug", "info", "warn", "error"),
		config.OneOf("log.format", c.Log.Format, "text", "json"),
		checkAddress("http.listen", c.HTTP.Listen),
		checkAddress("admin.listen", c.Admin.Listen),
		checkAddress("rpc.listen", c.RPC.Listen),
	}
	if c.Data == "" {
		errs = append(errs, config.At("data", "must name a directory"))
	}
	if u, err := url.Parse(c.HTTP.BaseURL); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		errs = append(errs, config.At("http.base_url", "must be an http or https URL, not %q", c.HTTP.BaseURL))
	}
	errs = append(errs, checkBroker(c.Events.URL))
	for _, network := range c.HTTP.TrustedProxies {
		if _, _, err := net.ParseCIDR(network); err != nil {
			errs = append(errs, config.At("http.trusted_proxies", "%q is not a network such as 10.0.0.0/8", network))
		}
	}
	if c.RPC.Plaintext && !process.OnLoopback(c.RPC.Listen) {
		errs = append(errs, config.At("rpc.plaintext", "is allowed on a loopback address only, and rpc.listen is %s", c.RPC.Listen))
	}
	if files := []string{c.RPC.Certificate, c.RPC.Key, c.RPC.Authority}; slices.Contains(files, "") && strings.Join(files, "") != "" {
		errs = append(errs, config.At("rpc", "certificate, key and authority go together"))
	}
	if c.Tracing.Sample < 0 || c.Tracing.Sample > 1 {
		errs = append(errs, config.At("tracing.sample", "must be between 0 and 1"))
	}
	if c.StopWithin <= 0 {
		errs = append(errs, config.At("stop_within", "must be positive"))
	}
	return errors.Join(append(errs, c.validatePlaces()...)...)
}

func (c Config) validatePlaces() []error {
	var errs []error
	names := []string{TargetAll, TargetEdge}
	for _, row := range Table(c.Modules) {
		names = append(names, row.Definition.Name)
	}
	for _, target := range c.Target {
		errs = append(errs, config.OneOf("target", target, names...))
	}
	if len(c.Target) == 0 {
		errs = append(errs, config.At("target", "must name all, edge or modules"))
	}
	for _, row := range Table(c.Modules) {
		key := "modules." + row.Definition.Name
		errs = append(errs, config.OneOf(key+".mode", row.Placed.Mode, string(route.ModeLocal), string(route.ModeRemote)))
		if row.Placed.Mode == string(route.ModeRemote) && row.Placed.Address == "" {
			errs = append(errs, config.At(key+".address", "is needed for mode remote"))
		}
		if row.Placed.Address != "" {
			for _, address := range strings.Split(row.Placed.Address, ",") {
				errs = append(errs, checkAddress(key+".address", strings.TrimSpace(address)))
			}
		}
		if dsn := row.Placed.DSN; dsn != "" && !strings.HasPrefix(dsn, "postgres://") && !strings.HasPrefix(dsn, "postgresql://") {
			errs = append(errs, config.At(key+".dsn", "must begin with postgres://"))
		}
	}
	return errs
}

// checkBroker does not repeat what it refuses: a URL that can't be read may hold a
// password anywhere.
func checkBroker(servers string) error {
	if servers == "" {
		return nil
	}
	for _, server := range strings.Split(servers, ",") {
		u, err := url.Parse(strings.TrimSpace(server))
		if err != nil || u.Host == "" || !slices.Contains([]string{"nats", "tls", "ws", "wss"}, u.Scheme) {
			return config.At("events.url", "must be like nats://host:4222 or tls://user:password@host:4222, with / @ : of a password written as %%2F %%40 %%3A")
		}
	}
	return nil
}

func checkAddress(key, address string) error {
	if _, port, err := net.SplitHostPort(address); err != nil || port == "" {
		return config.At(key, "must be host:port, not %q", address)
	}
	return nil
}

// RunsAll tells whether this process is the whole shop.
func (c Config) RunsAll() bool { return slices.Contains(c.Target, TargetAll) }

// Runs tells whether this process runs a target, were it not placed elsewhere.
func (c Config) Runs(target string) bool {
	return c.RunsAll() || slices.Contains(c.Target, target)
}

// PeerAddress is the process to learn from; "" for a process with the edge,
// from which others learn.
func (c Config) PeerAddress() string {
	if c.Peer != "" || c.Runs(TargetEdge) {
		return c.Peer
	}
	return c.RPC.Listen
}

// Placements are where this process has the modules. One that was told its
// targets by name runs those, whatever the modules' modes say: the same file
// serves the process a module moves out of and the one it moves to.
func (c Config) Placements() (map[string]route.Place, error) {
	placements := map[string]route.Place{}
	var errs []error
	for _, row := range Table(c.Modules) {
		name := row.Definition.Name
		remote := route.Remote(addressesIn(row.Placed.Address)...)
		switch {
		case !c.RunsAll() && c.Runs(name):
			placements[name] = route.Local()
		case c.PeerAddress() != "":
			// The peer knows.
		case row.Placed.Mode == string(route.ModeRemote):
			placements[name] = remote
		case c.RunsAll():
			placements[name] = route.Local()
		default:
			errs = append(errs, fmt.Errorf("modules.%s: is not among the targets %v and has no remote address", name, c.Target))
		}
	}
	return placements, errors.Join(errs...)
}

// addressesIn takes a list with commas apart.
func addressesIn(list string) []string {
	var all []string
	for address := range strings.SplitSeq(list, ",") {
		all = append(all, strings.TrimSpace(address))
	}
	return all
}

// ownAddresses gives a process beside the main one addresses of its own: the
// file they share says where the main process listens. Addresses set by flag
// or environment stay.
func (c *Config) ownAddresses(setHere func(key string) bool) {
	if c.PeerAddress() == "" {
		return
	}
	c.Peer = c.PeerAddress()
	if !setHere("admin.listen") {
		c.Admin.Listen = "127.0.0.1:0"
	}
	if setHere("rpc.listen") {
		return
	}
	c.RPC.Listen = "127.0.0.1:0"
	for _, row := range Table(c.Modules) {
		if slices.Contains(c.Target, row.Definition.Name) && row.Placed.Address != "" {
			c.RPC.Listen = row.Placed.Address
			return
		}
	}
}

// checkListen fails when the file leaves open where this process listens: of
// the addresses of a module that several processes run, only who starts one
// knows which is its own. It is no mistake of the file, so a process that runs
// already is not told.
func (c Config) checkListen() error {
	for _, row := range Table(c.Modules) {
		if strings.Contains(c.RPC.Listen, ",") && row.Placed.Address == c.RPC.Listen {
			return config.At("modules."+row.Definition.Name+".address", "names several addresses, %s: say with --rpc which is this process's", c.RPC.Listen)
		}
	}
	return nil
}
