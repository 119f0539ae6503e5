package app

import (
	"maps"
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
	from.Prefix = Prefix
	for _, assignment := range from.Environ {
		name, _, _ := strings.Cut(assignment, "=")
		if name == ConfigVariable || strings.HasPrefix(name, Prefix+"TEST_") || name == Prefix+"FAULTS" {
			from.NotConfig = append(from.NotConfig, name)
		}
	}
	loaded, err := config.Load(&c, from)
	if err != nil {
		return Config{}, nil, err
	}
	if c.Peer == "" && !c.Runs(TargetEdge) && setHere(loaded, "rpc.listen") {
		if c.Peer, err = sharedAddress(from, c.RPC.Listen); err != nil {
			return Config{}, nil, err
		}
	}
	c.ownAddresses(func(key string) bool { return setHere(loaded, key) })
	if mails := &c.Modules.Notifications.Own; mails.BaseURL == DefaultConfig().HTTP.BaseURL {
		mails.BaseURL = c.HTTP.BaseURL // set once, for pages and mails alike
	}
	return c, loaded, nil
}

// sharedAddress is where the main process listens, as the file says, when this
// process was given an address of its own.
func sharedAddress(from config.Sources, own string) (string, error) {
	from.Flags = maps.Clone(from.Flags)
	delete(from.Flags, "rpc.listen")
	from.Environ = slices.DeleteFunc(slices.Clone(from.Environ), func(assignment string) bool {
		return strings.HasPrefix(assignment, Prefix+"RPC_LISTEN=")
	})
	c := DefaultConfig()
	if _, err := config.Load(&c, from); err != nil {
		return "", err
	}
	if c.RPC.Listen == own {
		return "", config.At("rpc.listen", "is %s for this process and for the one to learn from: name the latter with peer", own)
	}
	return c.RPC.Listen, nil
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
	return strings.HasPrefix(key, "modules.") && (strings.HasSuffix(key, ".mode") || strings.HasSuffix(key, ".address"))
}

// placeable are the placements a reload may change.
func placeable(c Config) (map[string]route.Place, error) {
	if c.PeerAddress() != "" {
		return nil, nil // the peer says where modules are
	}
	return c.Placements()
}
