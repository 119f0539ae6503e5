package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"galleria/app/shoptest"
)

// TestACurrencyIsChosenOnAPhone: a shopper chooses dollars at the foot of a page, and buys
// in them.
func TestACurrencyIsChosenOnAPhone(t *testing.T) {
	shop := shoptest.Open(t, shoptest.Layout{})
	file := filepath.Join(t.TempDir(), "prices.csv")
	if err := os.WriteFile(file, []byte("sku,name,description,category,tags,price in EUR,price in USD,stock,image\n"+
		"POT-1,Round Teapot,\"Round Teapot, for tests.\",kitchen,test|clay,39.90,44.50,100000,none.svg\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"import", "products", file}, {"settings", "set", "--currencies", "EUR,USD"}} {
		if out, code := shop.Run(t, args...); code != 0 {
			t.Fatalf("galleria %s: exit %d: %s", strings.Join(args, " "), code, out)
		}
	}
	for name, prepare := range map[string]func(*shoptest.Browser){
		"with JavaScript":    func(*shoptest.Browser) {},
		"without JavaScript": (*shoptest.Browser).WithoutScript,
	} {
		t.Run(name, func(t *testing.T) {
			b := shop.Browse(t)
			b.Screen(360, 740)
			prepare(b)
			shop.Await(t, "the page offers dollars, and has a price in them", func() bool {
				b.Open("/products/round-teapot")
				return shoptest.Eval[bool](b, `!!document.querySelector("#currency option[value=USD]")`)
			})
			reads(t, b, "€39.90")
			if wide := shoptest.Eval[bool](b, `document.documentElement.scrollWidth > document.documentElement.clientWidth`); wide {
				t.Error("the page with the choice is wider than a phone")
			}
			b.Chooses("#currency", "USD")
			b.Follow(`form.currency button`, `#currency`)
			if path := b.Path(); path != "/products/round-teapot" {
				t.Errorf("the choice led to %s, want back to the page", path)
			}
			reads(t, b, "$44.50")
			added := `[data-cart-count]:not([hidden])`
			if name == "without JavaScript" {
				added = `main a[href="/checkout"]`
			}
			b.Click(`form[action="/cart/items"] button[type=submit]`, added)
			b.Open("/checkout")
			fillIn(b)
			b.Follow(`form[action="/checkout"] button[name=requote]`, `[name=delivery]`)
			reads(t, b, "$44.50")
			b.Follow(`form[action="/checkout"] button.wide`, `[name=card_number]`)
			typeCard(b, shoptest.Visa)
			b.Follow(`form.form button.wide`, `.walk`)
			reads(t, b, "$44.50")
			if text := b.Text("main"); strings.Contains(text, "€") {
				t.Errorf("the order in dollars has euros: %s", text)
			}
			b.Clean()
		})
	}
}
