package app_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"galleria/app/shoptest"
)

// TestTheShopIsRenamedInTheConsoleInABrowser: the administrator changes the shop's name, a
// text and where it sends to; a shopper sees that, and a mail has the name.
func TestTheShopIsRenamedInTheConsoleInABrowser(t *testing.T) {
	shop := shoptest.Open(t, shoptest.Layout{})
	b := shop.Browse(t)
	enterAsAdmin(t, shop, b)
	writes := func(field, text string) { // chromedp types into no empty textarea
		t.Helper()
		shoptest.Eval[bool](b, `(document.querySelector("`+field+`").value = "`+text+`", true)`)
	}
	save := func(form string, fill func()) {
		t.Helper()
		b.Open("/console/settings")
		b.Click("details:has(#"+form+") summary", "#"+form+" button.main")
		fill()
		b.Follow("#"+form+" button.main", ".done")
	}
	save("texts", func() {
		b.Types("#texts-name", "Löwe & Söhne")
		writes("#texts-about", "Lamps since 1890.")
	})
	save("imprint", func() { writes("#imprint-imprint", "Löwe & Söhne, Wien") })
	save("countries", func() { writes("#countries-countries", "pt at") })

	shopper := shop.Browse(t)
	shop.AwaitFor(t, shoptest.BackInUse, "a shopper sees the name and the text", func() bool {
		shopper.Open("/")
		return strings.Contains(shopper.Text("header"), "Löwe & Söhne") && strings.Contains(shopper.Text("footer"), "Lamps since 1890.")
	})
	shopper.Follow(`footer a[href="/legal/imprint"]`, "main h1")
	if got := shopper.Text("main"); !strings.Contains(got, "Löwe & Söhne, Wien") {
		t.Errorf("the imprint says %q", got)
	}
	shopper.Open("/products/round-teapot")
	shopper.Click(`form[action="/cart/items"] button[type=submit]`, `[data-cart-count]`)
	shopper.Open("/checkout")
	countries := shoptest.Eval[[]string](shopper, `[...document.querySelectorAll("[name=country] option")].map(o => o.value).filter(v => v)`)
	if slices.Sort(countries); strings.Join(countries, " ") != "AT PT" {
		t.Errorf("the checkout offers %v, want AT and PT", countries)
	}
	buyInBrowser(shopper)
	shopper.Clean()
	b.Clean("401", "422")

	shop.Await(t, "a mail has the shop's name", func() bool {
		out, _ := shop.Run(t, "mails", "list", "--status", "sent", "--json")
		var mails []struct{ ID, To string }
		if err := json.Unmarshal([]byte(out), &mails); err != nil {
			t.Fatalf("mails list --json: %v in\n%s", err, out)
		}
		for _, m := range mails {
			if letter, _ := shop.Run(t, "mails", "show", m.ID); m.To == "ana@example.org" && strings.Contains(letter, "\n-- \nLöwe & Söhne\n") {
				return true
			}
		}
		return false
	})
}
