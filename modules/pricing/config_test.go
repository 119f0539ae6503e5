package pricing_test

import (
	"strings"
	"testing"
	"time"

	"galleria/modules/pricing"
	"galleria/modules/pricing/internal/tariff"
	"galleria/platform/module"
)

// TestWhatIsWrongWithTheConfigurationIsNamed by its key, all mistakes at once.
func TestWhatIsWrongWithTheConfigurationIsNamed(t *testing.T) {
	if err := pricing.DefaultConfig().Validate(); err != nil {
		t.Errorf("the defaults: got %v, want none", err)
	}
	spoil := map[string]func(*pricing.Config){
		"country: is a country":           func(c *pricing.Config) { c.Country = "Germany" },
		"taxes.Oregon: is not a country":  func(c *pricing.Config) { c.Taxes["Oregon"] = tariff.Tax{} },
		"zones.Far Away: has a name":      func(c *pricing.Config) { c.Zones["Far Away"] = []string{"NZ"} },
		"zones.home: has a name":          func(c *pricing.Config) { c.Zones["home"] = []string{"NZ"} },
		`zones.nordic: has "sweden"`:      func(c *pricing.Config) { c.Zones["nordic"] = []string{"NO", "sweden"} },
		"delivery.By Air: has a name":     func(c *pricing.Config) { c.Delivery["By Air"] = tariff.Option{Name: "Air"} },
		"delivery.pigeon.name: is needed": func(c *pricing.Config) { c.Delivery["pigeon"] = tariff.Option{} },
		"delivery.ship.rates: names the zone moon": func(c *pricing.Config) {
			c.Delivery["ship"] = tariff.Option{Name: "Ship", Rates: []tariff.Step{{Zone: "moon"}}}
		},
		"delivery.boat.days: names the zone mars, which is not in zones": func(c *pricing.Config) {
			c.Delivery["boat"] = tariff.Option{Name: "Boat", Days: []tariff.Days{{Zone: "mars"}}}
		},
		"poll: is between 1ms and 1m": func(c *pricing.Config) { c.Poll = 0 },
		"keep: is at least 24h":       func(c *pricing.Config) { c.Keep = time.Hour },
	}
	all := pricing.DefaultConfig()
	for want, change := range spoil {
		bad := pricing.DefaultConfig()
		change(&bad)
		change(&all)
		if err := bad.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	err := all.Validate()
	for want := range spoil {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("all mistakes at once: got %v, want also %q", err, want)
		}
	}
}

func TestNewRefusesWhatItCanNotWorkWith(t *testing.T) {
	if _, err := pricing.New(module.Host{}, pricing.Needs{}, pricing.DefaultConfig()); err == nil || !strings.Contains(err.Error(), "needs a database and the catalog") {
		t.Errorf("without a database: got %v, want an error that says so", err)
	}
	bad := pricing.DefaultConfig()
	bad.Country = ""
	if _, err := pricing.New(module.Host{}, pricing.Needs{}, bad); err == nil || !strings.Contains(err.Error(), "country") {
		t.Errorf("a bad configuration: got %v, want an error that names the key", err)
	}
}
