package app

import (
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // the machine may have no list of time zones

	"galleria/app/edge"
	"galleria/modules/accounts"
	"galleria/modules/cart"
	"galleria/modules/catalog"
	"galleria/modules/inventory"
	"galleria/modules/notifications"
	"galleria/modules/orders"
	"galleria/modules/payments"
	"galleria/modules/pricing"
	"galleria/modules/settings"
	"galleria/modules/webhooks"
	"galleria/platform/config"
	"galleria/platform/money"
	"galleria/platform/process"
)

// Config is everything that can be set, by galleria.yaml, by the environment
// as GALLERIA_… and by flags, in rising order of precedence.
type Config struct {
	Data   string   `yaml:"data" doc:"directory of databases, events, certificates and pictures"`
	Target []string `yaml:"target" doc:"what this process runs: all, or a list of modules and edge"`
	Main   string   `yaml:"main" doc:"rpc address of the main process, which has the edge and from which the others learn; empty: rpc.listen of the file they share"`
	Peer   string   `yaml:"peer" doc:"rpc address of a running process to learn the rest from; empty: for a process without the edge, main"`
	Demo   bool     `yaml:"demo" doc:"fill an empty catalog with the demo catalogue"`

	Currency string `yaml:"currency" doc:"currency of the shop, ISO 4217, until its staff set others: prices are shown, filtered and paid in it"`
	TimeZone string `yaml:"time_zone" doc:"time zone of the shop, as IANA names it, such as Europe/Lisbon: pages and mails show times in it"`

	HTTP    HTTPConfig    `yaml:"http"`
	Admin   AdminConfig   `yaml:"admin"`
	RPC     RPCConfig     `yaml:"rpc"`
	Events  EventsConfig  `yaml:"events"`
	Log     LogConfig     `yaml:"log"`
	Tracing TracingConfig `yaml:"tracing"`
	Modules Modules       `yaml:"modules"`

	StopWithin time.Duration `yaml:"stop_within" doc:"how long a stop may take before it cuts off what is left"`

	// listenAmong are the addresses the file has for the modules of this process,
	// if it leaves open which is this process's.
	listenAmong []string
	// adminOfMain is the file's admin.listen where that is another process's.
	adminOfMain string
}

// HTTPConfig is the edge.
type HTTPConfig struct {
	Listen         string   `yaml:"listen" doc:"address of the shop"`
	BaseURL        string   `yaml:"base_url" doc:"how customers reach the shop, for links in mails and sitemap; with https, cookies are sent by HTTPS only"`
	TrustedProxies []string `yaml:"trusted_proxies" doc:"networks (CIDR) of proxies whose X-Forwarded headers are believed"`

	Limits LimitsConfig `yaml:"limits" doc:"how much one client may do, which is an IPv4 address or an IPv6 network /64; more is answered with 429"`
}

// LimitsConfig is how much one client may do. Lower it in hard times: it holds at once.
type LimitsConfig struct {
	Carts              int  `yaml:"carts" doc:"new carts a minute"`
	Checkouts          int  `yaml:"checkouts" doc:"attempts to pay a minute"`
	Cancellations      int  `yaml:"cancellations" doc:"cancelled orders a minute"`
	CancellationsOfDay int  `yaml:"cancellations_of_day" doc:"orders that shoppers cancel a day, as each process with the edge counts since its start: each is a mail to an address that was only typed"`
	Codes              int  `yaml:"codes" doc:"voucher codes tried a minute"`
	Requests           int  `yaml:"requests" doc:"requests to the API a minute"`
	Declines           int  `yaml:"declines" doc:"declined cards in a row on the sandbox's page that are free; after each further one the client waits a second, then twice as long each time, ten minutes at most"`
	Loopback           bool `yaml:"loopback" doc:"no limits for clients of this machine; set it to false where a proxy of this machine is not among trusted_proxies"`
}

// proxies are the trusted ones; Validate has seen that they can be read.
func (c HTTPConfig) proxies() []netip.Prefix {
	var all []netip.Prefix
	for _, network := range c.TrustedProxies {
		if prefix, err := netip.ParsePrefix(network); err == nil {
			all = append(all, prefix)
		}
	}
	return all
}

// AdminConfig is for operators.
type AdminConfig struct {
	Listen string   `yaml:"listen" doc:"address of health, metrics, profiles and the mailbox, which have no login"`
	Hosts  []string `yaml:"hosts" doc:"names by which operators and their tools reach it, besides localhost and its address"`
	Public bool     `yaml:"public" doc:"let it listen where other machines reach it; only where a network of its own keeps strangers out"`
}

// RPCConfig is for the other processes of the shop.
type RPCConfig struct {
	Listen      string `yaml:"listen" doc:"address of this process's modules, for other processes"`
	Advertise   string `yaml:"advertise" doc:"host:port at which the other processes reach rpc.listen, where that differs; empty: rpc.listen, or, if that is all addresses, the one this process is seen at"`
	Plaintext   bool   `yaml:"plaintext" doc:"speak without TLS; on loopback addresses only"`
	Certificate string `yaml:"certificate" doc:"file made by galleria certs; empty: issued by the authority in the data directory"`
	Key         string `yaml:"key" doc:"file of the certificate's key"`
	Authority   string `yaml:"authority" doc:"file of the authority to trust"`
	Revoked     string `yaml:"revoked" doc:"file of revoked certificates, a copy of the one in the data directory, known before the main process is reached; empty: those that it tells of"`
}

// EventsConfig is the event broker.
type EventsConfig struct {
	URL string `yaml:"url" doc:"external NATS cluster, such as tls://user:password@host:4222, separated by commas, the same for all processes; empty: embedded, or the peer's" secret:"true"`
}

// LogConfig is the process's log on standard error.
type LogConfig struct {
	Level  string `yaml:"level" doc:"debug, info, warn or error"`
	Format string `yaml:"format" doc:"text or json"`
}

// TracingConfig is which traces are kept for the console, and the export of
// OpenTelemetry spans.
type TracingConfig struct {
	Keep     int           `yaml:"keep" doc:"one trace in so many is kept for the console, besides those that fail or are slow; 1: all; 0: none at all, also of those"`
	Slow     time.Duration `yaml:"slow" doc:"from when on a trace is slow"`
	Endpoint string        `yaml:"endpoint" doc:"OTLP/gRPC collector, host:port; empty: no export"`
	Insecure bool          `yaml:"insecure" doc:"speak to the collector without TLS"`
	Sample   float64       `yaml:"sample" doc:"share of requests whose spans are exported, 0 to 1"`
}

// Modules holds a section per module.
type Modules struct {
	Catalog       Module[catalog.Config]       `yaml:"catalog"`
	Inventory     Module[inventory.Config]     `yaml:"inventory"`
	Cart          Module[cart.Config]          `yaml:"cart"`
	Pricing       Module[pricing.Config]       `yaml:"pricing"`
	Orders        Module[orders.Config]        `yaml:"orders"`
	Payments      Module[payments.Config]      `yaml:"payments"`
	Notifications Module[notifications.Config] `yaml:"notifications"`
	Accounts      Module[accounts.Config]      `yaml:"accounts"`
	Webhooks      Module[webhooks.Config]      `yaml:"webhooks"`
	Settings      Module[settings.Config]      `yaml:"settings"`
	// make new-module adds sections above this line.
}

// Module is what every module's section has, and the module's own keys.
type Module[C any] struct {
	Placed `yaml:",inline"`
	Own    C `yaml:",inline"`
}

func newModule[C any](own C) Module[C] {
	return Module[C]{Placed: defaultPlaced(), Own: own}
}

// DefaultConfig is what holds when nothing is set.
func DefaultConfig() Config {
	return Config{
		Data:       "data",
		Target:     []string{TargetAll},
		Demo:       true,
		Currency:   "EUR",
		TimeZone:   "UTC",
		HTTP:       HTTPConfig{Listen: ":8080", BaseURL: "http://localhost:8080", Limits: LimitsConfig(edge.DefaultLimits())},
		Admin:      AdminConfig{Listen: "127.0.0.1:8081"},
		RPC:        RPCConfig{Listen: "127.0.0.1:7070"},
		Log:        LogConfig{Level: "info", Format: "text"},
		Tracing:    TracingConfig{Sample: 1, Keep: 100, Slow: 500 * time.Millisecond},
		StopWithin: 20 * time.Second,
		Modules: Modules{
			Catalog:       newModule(catalog.DefaultConfig()),
			Inventory:     newModule(inventory.DefaultConfig()),
			Cart:          newModule(cart.DefaultConfig()),
			Pricing:       newModule(pricing.DefaultConfig()),
			Orders:        newModule(orders.DefaultConfig()),
			Payments:      newModule(payments.DefaultConfig()),
			Notifications: newModule(notifications.DefaultConfig()),
			Accounts:      newModule(accounts.DefaultConfig()),
			Webhooks:      newModule(webhooks.DefaultConfig()),
			Settings:      newModule(settings.DefaultConfig()),
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
		config.HostPort("http.listen", c.HTTP.Listen),
		config.HostPort("admin.listen", c.Admin.Listen),
		config.HostPort("rpc.listen", c.RPC.Listen),
		checkCurrency(c.Currency),
		checkTimeZone(c.TimeZone),
	}
	if c.Main != "" {
		errs = append(errs, config.HostPort("main", c.Main))
	}
	if c.Peer != "" {
		errs = append(errs, config.HostPort("peer", c.Peer))
	}
	if c.RPC.Advertise != "" {
		errs = append(errs, config.HostPort("rpc.advertise", c.RPC.Advertise))
	}
	if c.Data == "" {
		errs = append(errs, config.At("data", "must name a directory"))
	}
	if u, err := url.Parse(c.HTTP.BaseURL); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		errs = append(errs, config.At("http.base_url", "must be an http or https URL, not %q", c.HTTP.BaseURL))
	}
	errs = append(errs, checkBroker(c.Events.URL))
	for _, network := range c.HTTP.TrustedProxies {
		if _, err := netip.ParsePrefix(network); err != nil {
			errs = append(errs, config.At("http.trusted_proxies", "%q is not a network such as 10.0.0.0/8", network))
		}
	}
	for key, most := range map[string]int{
		"carts": c.HTTP.Limits.Carts, "checkouts": c.HTTP.Limits.Checkouts,
		"cancellations": c.HTTP.Limits.Cancellations, "cancellations_of_day": c.HTTP.Limits.CancellationsOfDay, "codes": c.HTTP.Limits.Codes, "requests": c.HTTP.Limits.Requests, "declines": c.HTTP.Limits.Declines,
	} {
		if most < 1 {
			errs = append(errs, config.At("http.limits."+key, "must be at least 1, not %d", most))
		}
	}
	if !c.Admin.Public && !process.OnLoopback(c.Admin.Listen) {
		errs = append(errs, config.At("admin.listen", "is %s, which other machines may reach, and what is there has no login; admin.public: true allows it, for a network that keeps strangers out", c.Admin.Listen))
	}
	for _, host := range c.Admin.Hosts {
		if host == "" || strings.ContainsAny(host, ":/* ") {
			errs = append(errs, config.At("admin.hosts", "%q is not a name such as shop.internal, without a port", host))
		}
	}
	if c.RPC.Plaintext && !process.OnLoopback(c.RPC.Listen) {
		errs = append(errs, config.At("rpc.plaintext", "is allowed on a loopback address only, and rpc.listen is %s", c.RPC.Listen))
	}
	if files := []string{c.RPC.Certificate, c.RPC.Key, c.RPC.Authority}; slices.Contains(files, "") && strings.Join(files, "") != "" {
		errs = append(errs, config.At("rpc", "certificate, key and authority go together"))
	}
	if c.RPC.Revoked != "" && c.RPC.Authority == "" {
		errs = append(errs, config.At("rpc.revoked", "goes with rpc.authority; the list in the data directory is read anyway"))
	}
	if c.Tracing.Keep < 0 {
		errs = append(errs, config.At("tracing.keep", "must not be negative; 0: no traces are kept"))
	}
	if c.Tracing.Slow <= 0 {
		errs = append(errs, config.At("tracing.slow", "must be positive"))
	}
	if c.Tracing.Sample < 0 || c.Tracing.Sample > 1 {
		errs = append(errs, config.At("tracing.sample", "must be between 0 and 1"))
	}
	if c.StopWithin <= 0 {
		errs = append(errs, config.At("stop_within", "must be positive"))
	}
	return errors.Join(append(errs, c.validateTargets()...)...)
}

func (c Config) validateTargets() []error {
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

// RunsAll tells whether this process is the whole shop.
func (c Config) RunsAll() bool { return slices.Contains(c.Target, TargetAll) }

// Runs tells whether this process runs a target, were it not placed elsewhere.
func (c Config) Runs(target string) bool {
	return c.RunsAll() || slices.Contains(c.Target, target)
}

func checkTimeZone(name string) error {
	if _, err := time.LoadLocation(name); err != nil || name == "" || name == "Local" {
		return config.At("time_zone", "must be the name of a time zone such as UTC or Europe/Lisbon, not %q", name)
	}
	return nil
}

// zone is the shop's time zone; the configuration was checked.
func (c Config) zone() *time.Location {
	zone, err := time.LoadLocation(c.TimeZone)
	if err != nil {
		return time.UTC
	}
	return zone
}

func checkCurrency(code string) error {
	if _, err := money.New(code, 0); err != nil {
		return config.At("currency", "is a currency of ISO 4217 such as EUR")
	}
	return nil
}
