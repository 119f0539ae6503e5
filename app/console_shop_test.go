package app_test

import (
	"strings"
	"testing"

	"galleria/app/shoptest"
)

// buyInBrowser buys a teapot and pays, and returns the order's number.
func buyInBrowser(b *shoptest.Browser) {
	b.Open("/products/round-teapot")
	b.Click(`form[action="/cart/items"] button[type=submit]`, `[data-cart-count]`)
	b.Open("/checkout")
	fillIn(b)
	b.Follow(`form[action="/checkout"] button[name=requote]`, `[name=email]`)
	b.Follow(`form[action="/checkout"] button.wide`, `[name=card_number]`)
	typeCard(b, shoptest.Visa)
	b.Follow(`form.form button.wide`, `main h1`)
}

func TestAnOrderIsShippedAndRefundedInTheConsoleInABrowser(t *testing.T) {
	shop := shoptest.Open(t, shoptest.Layout{})
	for name, width := range map[string]int64{"on a phone": 360, "at a desk": 1300} {
		t.Run(name, func(t *testing.T) {
			b := shop.Browse(t)
			buyInBrowser(b)
			enter(t, shop, b)
			b.Screen(width, 900)
			shop.Await(t, "the order is to be sent", func() bool {
				b.Open("/console/orders?state=open")
				return strings.Contains(b.Text("main"), "ana@example.org")
			})
			fits := func(page string) {
				t.Helper()
				if wide := shoptest.Eval[bool](b, `document.documentElement.scrollWidth > document.documentElement.clientWidth`); wide {
					t.Errorf("%s scrolls sideways at %d px", page, width)
				}
			}
			fits("the list of orders")
			b.Click(".list tbody th a", "#ship")
			fits("an order")
			b.Types("#carrier", "CTT")
			b.Types("#tracking", "RR1PT")
			b.Follow("#ship form button", ".done")
			if got := b.Text("main"); !strings.Contains(got, "RR1PT") || !strings.Contains(got, "closed") {
				t.Errorf("after shipping the page says %q", got)
			}
			b.Click("#refund summary", "#amount")
			b.Click("#refund [value=amount]", "#amount")
			b.Types("#amount", "1.50")
			b.Follow("#refund form button", ".done")
			shop.Await(t, "the money is given back", func() bool {
				b.Open(b.Path())
				return strings.Contains(b.Text("main"), "succeeded")
			})
			fits("a refunded order")
			for _, page := range []string{"/console/stock", "/console/stock/POT-1", "/console/numbers", "/console/audit"} {
				b.Open(page)
				fits(page)
			}
			if got := b.Text("main"); !strings.Contains(got, "refunded") || !strings.Contains(got, "olga@example.org") {
				t.Errorf("the audit log says %q, want who refunded", got)
			}
			b.Clean()
		})
	}
}
