package app

import (
	"slices"
	"strings"

	"galleria/platform/config"
	"galleria/platform/process"
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
	c.ownAddresses(func(key string) bool { return setHere(loaded, key) })
	if mails := &c.Modules.Notifications.Own; mails.BaseURL == DefaultConfig().HTTP.BaseURL {
		mails.BaseURL = c.HTTP.BaseURL // set once, for pages and mails alike
	}
	return c, loaded, nil
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
func placeable(c Config) (map[string]process.Placement, error) {
	if c.PeerAddress() != "" {
		return nil, nil // the peer says where modules are
	}
	return c.Placements()
}
