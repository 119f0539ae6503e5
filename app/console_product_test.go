package app_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"galleria/app/shoptest"
)

// TestAProductIsMadeAndWithdrawnInTheConsoleInABrowser: an operator adds a product with two
// variants and a picture, changes its price, a shopper sees it, and it is withdrawn.
func TestAProductIsMadeAndWithdrawnInTheConsoleInABrowser(t *testing.T) {
	shop := shoptest.Open(t, shoptest.Layout{})
	b := shop.Browse(t)
	enter(t, shop, b)
	b.Screen(360, 900)
	fits := func() {
		t.Helper()
		if wide := shoptest.Eval[bool](b, `document.documentElement.scrollWidth > document.documentElement.clientWidth`); wide {
			t.Errorf("%s scrolls sideways at 360 px", b.Path())
		}
	}
	b.Open("/console/products/new")
	fits()
	for field, text := range map[string]string{
		"name": "Oak lamp", "category": "lamps", "options": "Size: S, M",
		"v0-sku": "LAMP-S", "v0-options": "S", "v0-prices": "EUR 12.50", "v1-sku": "LAMP-M", "v1-options": "M", "v1-prices": "EUR 20",
	} {
		shoptest.Eval[bool](b, `(document.querySelector("#product-`+field+`").value = "`+text+`", true)`)
	}
	b.Click("#product [name=v1-active]", "#product-v1-sku")
	b.Follow("#product button.main", ".done")
	fits()
	at := strings.Split(b.Path(), "?")[0]
	shoptest.Eval[bool](b, `(() => {
		const files = new DataTransfer(), bytes = Uint8Array.from(atob("`+base64.StdEncoding.EncodeToString(pngFile(t, 700, 500))+`"), c => c.charCodeAt(0));
		files.items.add(new File([bytes], "lamp.png", {type: "image/png"}));
		document.querySelector("#picture-file").files = files.files;
		return true;
	})()`)
	b.Follow("#picture button.main", ".done")
	fits()
	shoptest.Eval[bool](b, `(document.querySelector("#product-v0-prices").value = "EUR 13.75", true)`)
	b.Follow("#product button.main", ".done")
	shopper := shop.Guest(t, "Ana")
	shop.AwaitFor(t, shoptest.BackInUse, "a shopper sees the product, its price and its picture", func() bool {
		page := shopper.Get("/products/oak-lamp").Body
		return strings.Contains(page, "13.75") && strings.Contains(page, "/oak-lamp-")
	})
	b.Open(at)
	b.Click("#product [name=active]", "#product-name")
	b.Follow("#product button.main", ".done")
	shop.AwaitFor(t, shoptest.BackInUse, "the page of what was withdrawn is gone", func() bool {
		return !strings.Contains(shopper.Get("/products/oak-lamp").Body, "13.75")
	})
	b.Open("/console/products?state=withdrawn")
	fits()
	if got := b.Text("main"); !strings.Contains(got, "Oak lamp") {
		t.Errorf("the withdrawn products are %q, want the lamp", got)
	}
	b.Clean()
}
