package app_test

import (
	"cmp"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"galleria/app/shoptest"
)

var linkInMail = regexp.MustCompile(`/verify\?token=[A-Za-z0-9_-]{43}`)

// mailedLink waits for a mail to an address, and is the link in it.
func mailedLink(t *testing.T, shop *shoptest.Shop, to string) string {
	t.Helper()
	var link string
	shop.Await(t, "the link was mailed to "+to, func() bool {
		out, _ := shop.Run(t, "mails", "list", "--json")
		var mails []struct{ ID, To string }
		if err := json.Unmarshal([]byte(out), &mails); err != nil {
			t.Fatalf("mails list --json: %v in\n%s", err, out)
		}
		for _, m := range mails {
			if m.To == to {
				text, _ := shop.Run(t, "mails", "show", m.ID)
				link = cmp.Or(link, linkInMail.FindString(text))
			}
		}
		return link != ""
	})
	return link
}

// A person makes an account by the link in a mail, keeps an address, buys with it, finds
// the order in the account, and logs out.
func TestSomebodyBuysAsACustomerInABrowser(t *testing.T) {
	shop := shoptest.Open(t, shoptest.Layout{})
	for name, prepare := range map[string]func(*shoptest.Browser){
		"on a desktop":       func(b *shoptest.Browser) { b.Screen(1440, 900) },
		"on a phone":         func(b *shoptest.Browser) { b.Screen(360, 740) },
		"without JavaScript": (*shoptest.Browser).WithoutScript,
	} {
		t.Run(name, func(t *testing.T) {
			b := shop.Browse(t)
			prepare(b)
			fits := func() {
				t.Helper()
				if over := shoptest.Eval[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
					t.Errorf("%s is %d pixels wider than the screen", b.Path(), over)
				}
			}
			email := strings.ReplaceAll(name, " ", ".") + "@example.org"
			b.Open("/signup")
			fits()
			b.Types("[name=email]", email)
			b.Types("[name=name]", "Ana Carvalho")
			b.Types("[name=password]", "nine teapots on a shelf")
			b.Follow(`form[action="/signup"] button`, `.notice`)
			b.Open(mailedLink(t, shop, email))
			b.Follow(`form[action="/verify"] button`, `a[href="/account/orders"]`)
			fits()

			b.Open("/account/addresses")
			for field, text := range map[string]string{"name": "Ana Carvalho", "line1": "Rua das Flores 12", "city": "Porto", "postal_code": "4050-262"} {
				b.Types("[name="+field+"]", text)
			}
			b.Chooses("[name=country]", "PT")
			b.Follow(`form[action="/account/addresses"] button`, `address`)
			fits()

			added := `[data-cart-count]`
			if name == "without JavaScript" {
				added = `main a[href="/checkout"]`
			}
			b.Open("/products/round-teapot")
			b.Click(`form[action="/cart/items"] button[type=submit]`, added)
			b.Open("/cart")
			b.Click(`main a[href="/checkout"]`, `[name=email][value="`+email+`"]`)
			b.Sees(`[name=line1][value="Rua das Flores 12"]`)
			fits()
			b.Follow(`form[action="/checkout"] button.wide`, `[name=card_number]`)
			typeCard(b, shoptest.Visa)
			b.Follow(`form.form button.wide`, `.walk`)

			b.Open("/account/orders")
			fits()
			b.Click(`main li a[href^="/orders/"]`, `.timeline`)
			if got := b.Text("main"); !strings.Contains(got, "Your order is confirmed") {
				t.Errorf("the order's page says %q, want that it is confirmed", got)
			}
			order := b.Path()
			for _, path := range []string{"/account/security", "/account/email", "/account/delete"} {
				b.Open(path)
				fits()
			}
			b.Open("/account")
			b.Follow(`form[action="/logout"] button`, `main a[href^="/products/"]`)
			b.Open(order)
			b.Sees(`form[action="/login"]`)
			b.Clean()
		})
	}
}
