package app_test

import (
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
		"one process":     {Demo: true},
		"seven processes": {Demo: true, Apart: shoptest.Modules},
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
