package app_test

import (
	"strings"
	"testing"

	"galleria/app/shoptest"
)

// Cards of the README, beside those of guests.
const (
	asksForConsent = "4000000000003220"
	doesNotReturn  = "4000000000005050"
)

// home is where a shopper lives, by field of the checkout.
var (
	porto = map[string]string{"line1": "Rua das Flores 12", "city": "Porto", "postal_code": "4050-262"}
	york  = map[string]string{"line1": "11 Wall Street", "city": "New York", "postal_code": "10005", "region": "NY"}
)

// TestSomebodyChoosesInABrowser walks what a checkout can ask for: a size, a voucher,
// a country with its tax and its ways of delivery, the consent of a bank, and a
// window that is closed on the payment page.
func TestSomebodyChoosesInABrowser(t *testing.T) {
	shop := shoptest.Open(t, shoptest.Layout{Demo: true})
	for _, c := range []struct {
		name, country string
		address       map[string]string
		tax           string
		pay           func(b *shoptest.Browser)
	}{
		{"to Portugal, with consent", "PT", porto, "including", func(b *shoptest.Browser) {
			typeCard(b, asksForConsent)
			b.Follow(`form.form button.wide`, `button[value=yes]`)
			b.Follow(`button[value=yes]`, `.walk`)
		}},
		{"to the United States, and the window is closed", "US", york, "Sales tax", func(b *shoptest.Browser) {
			typeCard(b, doesNotReturn)
			b.Follow(`form.form button.wide`, `h2`)
			if got := b.Text("main"); !strings.Contains(got, "does not lead back") {
				t.Errorf("the payment page says %q, want that it does not lead back", got)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := shop.Browse(t)
			b.Open("/products/cabin-socks")
			b.Chooses("[name=sku]", "TEX-SOC-0512")
			b.Click(`form[action="/cart/items"] button[type=submit]`, `[data-cart-count]:not([hidden])`)
			b.Open("/cart")
			reads(t, b, "Cabin Socks", "Navy")
			b.Types("[name=code]", "welcome10")
			b.Follow(`form.codes button`, `form.sum[action="/cart/code"] button`)
			reads(t, b, "WELCOME10")

			b.Click(`main a[href="/checkout"]`, `[name=email]`)
			b.Types("[name=email]", "ana@example.org")
			b.Types("[name=name]", "Ana Carvalho")
			b.Chooses("[name=country]", c.country)
			for field, text := range c.address {
				b.Types("[name="+field+"]", text)
			}
			b.Follow(`form[action="/checkout"] button[name=requote]`, `[name=delivery]`)
			reads(t, b, "WELCOME10", c.tax)
			if n := shoptest.Eval[int](b, `document.querySelectorAll("[name=delivery]").length`); n < 2 {
				t.Errorf("there are %d ways of delivery, want a choice", n)
			}
			const total = `main .sum.total .price, main .sum.total`
			shown := b.Text(total)
			b.Follow(`form[action="/checkout"] button.wide`, `[name=card_number]`)
			_, amount, _ := strings.Cut(shown, "€")
			number := orderNumber(b.Text("main"))
			if amount == "" || !strings.HasPrefix(number, "G-") {
				t.Fatalf("the checkout shows %q as total, and the payment page %q as number", shown, number)
			}
			reads(t, b, amount) // the payment page asks for what was shown
			c.pay(b)
			b.Clean()
			shop.AwaitMail(t, number+" is confirmed")
		})
	}
	shop.Books(t)
}

// reads wants that a person reads these words on the page.
func reads(t *testing.T, b *shoptest.Browser, words ...string) {
	t.Helper()
	text := b.Text("main")
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("the page %s does not say %q; it says:\n%s", b.Path(), w, text)
		}
	}
}

// orderNumber is the number in a text like "Order G-7K3M-Q4".
func orderNumber(text string) string {
	_, rest, _ := strings.Cut(text, "Order ")
	number, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSpace(number)
}
