package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"galleria/app/shoptest"
)

// TestOrdersForgetWhoDeletedTheAccount: the order stays for the books, its customer does
// not, wherever accounts and orders are.
func TestOrdersForgetWhoDeletedTheAccount(t *testing.T) {
	t.Parallel()
	shop := shoptest.Open(t, shoptest.Layout{Apart: []string{"accounts"}})
	const email, password = "dora@example.org", "nine teapots on a shelf"
	guest := shop.Guest(t, "Dora")
	sends := func(path string, typed url.Values) *shoptest.Page {
		t.Helper()
		form := guest.Get(path).Want(http.StatusOK).Form(path)
		for name := range typed {
			form.Set(name, typed.Get(name))
		}
		return guest.Post(path, form)
	}
	guest.Adds(1, shoptest.Mug)
	order := guest.Pays(shoptest.Visa)
	sends("/signup", url.Values{"email": {email}, "name": {"Dora Example"}, "password": {password}})
	link := mailedLink(t, shop, email)
	guest.Post("/verify", guest.Get(link).Want(http.StatusOK).Form("/verify")).Want(http.StatusSeeOther)
	guest.Get(order.Path).Says("Dora Example", "1 Arcade", "Lisbon", email)

	sends("/account/delete", url.Values{"password": {password}}).Want(http.StatusOK).Says("Your account is deleted")
	guest.Get(order.Path).Says("Dora Example") // it has not left yet
	if out, code := shop.Run(t, "orders", "ship", order.Number); code != 0 {
		t.Fatal(out)
	}
	shop.Await(t, "the order has forgotten who bought", func() bool {
		out, _ := shop.Run(t, "orders", "list", "--query", email)
		return !strings.Contains(out, order.Number)
	})
	guest.Get(order.Path).Want(http.StatusOK).Says("deleted the account", order.Number).SaysNot("Dora", "Arcade", "Lisbon", email)
}
