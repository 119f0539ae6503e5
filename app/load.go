package app

import (
	"cmp"
	"slices"
	"strings"

	"galleria/platform/config"
	"galleria/platform/route"
)

// DefaultFile is read when it exists and no other file is named.
const DefaultFile = "galleria.yaml"

// ConfigVariable names the file in the environment.
const ConfigVariable = "GALLERIA_CONFIG"

// Prefix begins the names of all other variables.
const Prefix = "GALLERIA_"

// Load reads the configuration from its sources over the defaults.
func Load(from config.Sources) (Config, *config.Loaded, error) {
	c := DefaultConfig()
	loaded, err := config.Load(&c, prepared(from))
	if err != nil {
		return Config{}, nil, err
	}
	if err := c.takeRole(loaded); err != nil {
		return Config{}, nil, err
	}
	if mails := &c.Modules.Notifications.Own; mails.BaseURL == DefaultConfig().HTTP.BaseURL {
		mails.BaseURL = c.HTTP.BaseURL // set once, for pages and mails alike
		loaded.Derive("modules.notifications.base_url", mails.BaseURL, "http.base_url")
	}
	if people := &c.Modules.Accounts.Own; people.BaseURL == DefaultConfig().HTTP.BaseURL {
		people.BaseURL = c.HTTP.BaseURL
		loaded.Derive("modules.accounts.base_url", people.BaseURL, "http.base_url")
	}
	if mails := &c.Modules.Notifications.Own; mails.TimeZone == DefaultConfig().TimeZone {
		mails.TimeZone = c.TimeZone
		loaded.Derive("modules.notifications.time_zone", mails.TimeZone, "time_zone")
	}
	return c, loaded, nil
}

// prepared says which variables are those of the configuration.
func prepared(from config.Sources) config.Sources {
	from.Prefix = Prefix
	for _, assignment := range from.Environ {
		name, _, _ := strings.Cut(assignment, "=")
		if name == ConfigVariable || strings.HasPrefix(name, Prefix+"TEST_") || name == Prefix+"FAULTS" {
			from.NotConfig = append(from.NotConfig, name)
		}
	}
	return from
}

// takeRole makes this the main process, which has the edge and learns from no
// other, or one beside it. The file that they share says where the main one
// listens; a process beside it has addresses of its own. A file that names target
// or peer is no shared one.
func (c *Config) takeRole(loaded *config.Loaded) error {
	own := loaded.Written("target") || loaded.Written("peer")
	set := func(key string) bool { return setHere(loaded, key) || own && loaded.Written(key) }
	if c.Peer == "" && c.Runs(TargetEdge) {
		c.Main = cmp.Or(c.Main, c.RPC.Listen)
		return nil
	}
	if c.Main == "" {
		c.Main = loaded.Shared("rpc.listen")
		loaded.Derive("main", c.Main, "rpc.listen of the main process")
	}
	if c.Peer == "" {
		c.Peer = c.Main
		loaded.Derive("peer", c.Peer, "main")
	}
	if !set("admin.listen") {
		if loaded.Written("admin.listen") {
			c.adminOfMain = c.Admin.Listen
		}
		c.Admin.Listen = anyPort
		loaded.Derive("admin.listen", c.Admin.Listen, "a free port, beside the main process")
	}
	if !set("rpc.listen") {
		c.listenWhereModulesAre()
		loaded.Derive("rpc.listen", c.RPC.Listen, "the address of its modules, or a free port")
		return nil
	}
	if c.RPC.Listen == c.Peer {
		return config.At("rpc.listen", "is %s for this process and for the one to learn from: name the latter with main or peer", c.Peer)
	}
	return nil
}

// anyPort is where a process listens that was given no address.
const anyPort = "127.0.0.1:0"

// listenWhereModulesAre takes the address that the file has for the modules of
// this process; if there is none, any.
func (c *Config) listenWhereModulesAre() {
	for _, row := range Table(c.Modules) {
		if slices.Contains(c.Target, row.Definition.Name) {
			c.listenAmong = slices.Concat(c.listenAmong, row.Placed.Address, row.Placed.Primary)
		}
	}
	slices.Sort(c.listenAmong)
	switch c.listenAmong = slices.Compact(c.listenAmong); len(c.listenAmong) {
	case 0:
		c.RPC.Listen = anyPort
	case 1:
		c.RPC.Listen, c.listenAmong = c.listenAmong[0], nil
	}
}

// checkListen fails when the file leaves open where this process listens: of
// several addresses, only who starts a process knows which is its own. It is no
// mistake of the file, so a process that runs already is not told.
func (c Config) checkListen() error {
	if len(c.listenAmong) == 0 {
		return nil
	}
	return config.At("rpc.listen", "may be any of %s, the addresses of this process's modules: say with --rpc which is its own", strings.Join(c.listenAmong, ", "))
}

// setHere tells whether a value was given to this process alone: by flag or
// environment, not by the file that all processes of the shop may share.
func setHere(loaded *config.Loaded, key string) bool {
	return slices.ContainsFunc(loaded.Values(), func(v config.Value) bool {
		return v.Key == key && (strings.HasPrefix(v.Origin.Source, "--") || strings.HasPrefix(v.Origin.Source, "$"))
	})
}

// Live tells whether a change of a key is applied while the shop runs.
func Live(key string) bool {
	if strings.HasPrefix(key, "http.limits.") {
		return true
	}
	parts := strings.Split(key, ".")
	return len(parts) > 2 && parts[0] == "modules" && slices.Contains([]string{"mode", "address", "primary", "canary", "held"}, parts[2])
}

// placeable are the placements a reload may change.
func placeable(c Config) (map[string]route.Place, error) {
	if c.Peer != "" {
		return nil, nil // the peer says where modules are
	}
	return c.Placements()
}
