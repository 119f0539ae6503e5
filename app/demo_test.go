package app_test

import (
	"os"
	"strings"
	"testing"

	"galleria/app/demo"
	"galleria/app/shoptest"
)

// TestAnEmptyShopFillsItself with the demo catalogue, also when the modules
// come after the edge; and not again.
func TestAnEmptyShopFillsItself(t *testing.T) {
	lamp := shoptest.Product{SKU: "LMP-ARC-01", Name: "Aria Arc Floor Lamp"}
	for name, layout := range map[string]shoptest.Layout{
		"one process":            {Demo: true},
		"processes of their own": {Demo: true, Apart: shoptest.Modules},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shop := shoptest.Open(t, layout)
			ana := shop.Guest(t, "Ana")
			shop.Await(t, "the demo catalogue is there", func() bool {
				home := ana.Get("/")
				return home.Status == 200 && strings.Contains(home.Body, demo.Categories()[0].Name)
			})
			ana.Adds(1, lamp)
			ana.Pays(shoptest.Visa)
			shop.Books(t)
			shop.Main().Stop(t)
			shop.Restart(t)
			ana.Get("/products/aria-arc-floor-lamp").Want(200).Says("289.00")
		})
	}
}

// TestAShopOpensWhilePricingIsAway, and fills itself with the demo once pricing is
// there: products and promotions.
func TestAShopOpensWhilePricingIsAway(t *testing.T) {
	t.Parallel()
	shop := shoptest.Prepare(t, shoptest.Layout{Demo: true})
	config, err := os.ReadFile(shop.ConfigFile())
	if err != nil {
		t.Fatal(err)
	}
	here := string(config)
	away := strings.Replace(here, "pricing: {mode: local", "pricing: {mode: remote", 1) // where nothing listens
	if away == here {
		t.Fatalf("pricing is not local in\n%s", here)
	}
	shop.WriteConfig(t, away)
	shop.StartMain(t)
	ana := shop.Guest(t, "Ana")
	shop.Await(t, "the log says what the demo waits for", func() bool {
		return strings.Contains(shop.Main().Log(), "make the demo's promotions")
	})
	if home := ana.Get("/"); home.Status != 200 || strings.Contains(home.Body, demo.Categories()[0].Name) {
		t.Errorf("while pricing is away: got %d, want an open shop without the demo\n%s", home.Status, home.Body)
	}
	shop.WriteConfig(t, here)
	shop.Await(t, "the demo catalogue is there", func() bool {
		return strings.Contains(ana.Get("/").Body, demo.Categories()[0].Name)
	})
	if out, code := shop.Run(t, "promotions", "list"); code != 0 || !strings.Contains(out, "WELCOME10") {
		t.Errorf("promotions list: got exit %d and\n%s\nwant the demo's voucher", code, out)
	}
}
