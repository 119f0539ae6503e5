package app_test

import (
	"strings"
	"testing"

	"galleria/app/shoptest"
)

// TestAnAdministratorChangesTheDeliveryPriceInABrowser on a phone and without script,
// while a shopper looks at a total with the price before: the shopper is asked again.
func TestAnAdministratorChangesTheDeliveryPriceInABrowser(t *testing.T) {
	shop := shoptest.Open(t, shoptest.Layout{})
	ana, ada := shop.Browse(t), shop.Browse(t)
	ana.Screen(360, 740)
	ana.Open("/products/round-teapot")
	ana.Click(`form[action="/cart/items"] button[type=submit]`, `[data-cart-count]:not([hidden])`)
	ana.Open("/checkout")
	fillIn(ana)
	ana.Follow(`form[action="/checkout"] button[name=requote]`, `[name=delivery]`)
	reads(t, ana, "€9.90")

	enterAsAdmin(t, shop, ada)
	ada.Screen(360, 740)
	ada.WithoutScript()
	ada.Open("/console/settings")
	ada.Follow(`.filters a[href="/console/settings/delivery"]`, "#tariffs")
	fits := func() {
		t.Helper()
		if over := shoptest.Eval[int](ada, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
			t.Errorf("%s is %d pixels wider than a phone of 360", ada.Path(), over)
		}
	}
	fits()
	ada.Follow(`button[value="add rate 1"]`, "#tariffs")
	if at := shoptest.Eval[string](ada, `document.activeElement.id + document.activeElement.value`); !strings.HasPrefix(at, "o1-rate-") || strings.Contains(at, " ") {
		t.Errorf("after a row was added the person types into %q, want the new row", at)
	}
	price := "#" + shoptest.Eval[string](ada, `document.querySelector('input[value="eu 9.90 EUR up to 5kg"]').id`)
	ada.Types(price, "eu 10.70 XYZ")
	ada.Follow(`button[value=save]`, ".wrong")
	reads(t, ada, "unknown currency")
	fits()
	ada.Types(price, "eu 10.70 EUR up to 5kg")
	ada.Follow(`button[value=save]`, ".done")
	fits()
	ada.Open("/console/audit")
	reads(t, ada, "eu 9.90 EUR up to 5kg", "eu 10.70 EUR up to 5kg", "ada@example.org")

	// What she agreed to is no more: she is not charged another total.
	ana.Follow(`form[action="/checkout"] button.wide`, `[name=delivery]`)
	reads(t, ana, "€10.70")
	if !strings.HasPrefix(ana.Path(), "/checkout") {
		t.Errorf("with the price before, the order went on to %s", ana.Path())
	}
	ana.Follow(`form[action="/checkout"] button.wide`, `[name=card_number]`)

	ada.Open("/console/settings/taxes")
	fits()
	ada.Follow(`a[href="/console/settings/configured"]`, "#reset")
	fits()
	reads(t, ada, "eu 9.90 EUR up to 5kg", "eu 10.70 EUR up to 5kg")
	ada.Follow("#reset button", ".done")
	ana.Open("/checkout")
	fillIn(ana)
	ana.Follow(`form[action="/checkout"] button[name=requote]`, `[name=delivery]`)
	reads(t, ana, "€9.90")
	ada.Clean("401", "409", "422") // the log-in, which asks for a code, and the refused form
	ana.Clean("409", "422")
}
