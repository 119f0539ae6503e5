package inventory_test

import (
	"testing"
	"time"

	"galleria/modules/inventory"
	"galleria/platform/module"
)

func TestConfig(t *testing.T) {
	if err := inventory.DefaultConfig().Validate(); err != nil {
		t.Errorf("the defaults: got %v, want none", err)
	}
	good := inventory.DefaultConfig()
	for name, change := range map[string]func(*inventory.Config){
		"no share":            func(c *inventory.Config) { c.MaxUnpaidShare = 0 },
		"more than all":       func(c *inventory.Config) { c.MaxUnpaidShare = 1.1 },
		"fewer than none":     func(c *inventory.Config) { c.LowAt = -1 },
		"no time to look":     func(c *inventory.Config) { c.ExpireEvery = 0 },
		"no time to remember": func(c *inventory.Config) { c.RememberFor = time.Hour },
	} {
		bad := good
		change(&bad)
		if err := bad.Validate(); err == nil {
			t.Errorf("%s: got no error, want one", name)
		}
	}
}

func TestNewRefusesToStartWithoutADatabase(t *testing.T) {
	if _, err := inventory.New(module.Host{}, inventory.Needs{}, inventory.DefaultConfig()); err == nil {
		t.Error("got a module, want an error")
	}
}
