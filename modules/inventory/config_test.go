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
	for name, bad := range map[string]inventory.Config{
		"no time to hold":    {ExpireEvery: time.Second},
		"no time to look":    {HoldFor: time.Minute},
		"less than no time":  {HoldFor: -time.Minute, ExpireEvery: time.Second},
		"nothing filled out": {},
	} {
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
