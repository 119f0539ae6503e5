package app_test

import (
	"net/http"
	"testing"

	"galleria/app/shoptest"
)

// TestPaymentsIsAway: the process of payments is stopped. Looking around goes
// on, the checkout says what is the matter and keeps the cart; when the process
// is back, it sells.
func TestPaymentsIsAway(t *testing.T) {
	for name, end := range map[string]func(*shoptest.Process, *testing.T){
		"stopped": func(p *shoptest.Process, t *testing.T) { p.Stop(t) },
		"killed":  func(p *shoptest.Process, t *testing.T) { p.Kill(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shop := shoptest.Open(t, shoptest.Layout{Apart: []string{"payments"}})
			looking := shop.Crowd(t, 2, shoptest.LooksAround)
			buying := shop.Crowd(t, 2, shoptest.BuysIfItCan)
			ana := shop.Guest(t, "Ana")
			ana.Adds(2, shoptest.Tray)
			form := ana.FillsIn(shoptest.Visa)
			buying.Walks(t, 4)
			for range 2 {
				end(shop.Module("payments"), t)
				// The guest's browser waits no longer than the checkout's deadline.
				answer := ana.Submits(form).Want(http.StatusServiceUnavailable).Says("Payment was unavailable", "your cart is kept")
				ana.Cart().Says(shoptest.Tray.Name)
				looking.Walks(t, 4)
				form = ana.With(shoptest.Visa, answer.Form("/checkout"))
				shop.StartModules(t, "payments")
				shop.AwaitFor(t, shoptest.BackInUse, "the checkout works again", func() bool {
					answer = ana.Submits(form)
					if answer.Status != http.StatusServiceUnavailable {
						return true
					}
					form = ana.Again(form, answer)
					return false
				})
				ana.Bought(answer)
				ana.Adds(1, shoptest.Tray)
				form = ana.FillsIn(shoptest.Visa)
			}
			looking.Leave(t)
			buying.Leave(t)
			shop.Books(t)
		})
	}
}

// TestOneModuleDownTakesDownNothingElse kills what looking around can do
// without, one after the other.
func TestOneModuleDownTakesDownNothingElse(t *testing.T) {
	t.Parallel()
	modules := []string{"inventory", "orders", "notifications"}
	shop := shoptest.Open(t, shoptest.Layout{Apart: modules})
	looking := shop.Crowd(t, 2, shoptest.LooksAround)
	buying := shop.Crowd(t, 2, shoptest.BuysIfItCan)
	for _, module := range modules {
		buying.Walks(t, 4)
		shop.Module(module).Kill(t)
		ana := shop.Guest(t, "Ana")
		ana.Adds(1, shoptest.Teapot)
		form := ana.FillsIn(shoptest.Visa)
		want := http.StatusServiceUnavailable
		if module == "notifications" {
			want = http.StatusSeeOther // the mail is written later
		}
		answer := ana.Submits(form).Want(want)
		if want == http.StatusServiceUnavailable {
			answer.Says("cart is kept")
			ana.Cart().Says(shoptest.Teapot.Name)
			form = ana.With(shoptest.Visa, answer.Form("/checkout"))
		}
		looking.Walks(t, 4)
		shop.StartModules(t, module)
		shop.AwaitFor(t, shoptest.BackInUse, "the checkout works again", func() bool {
			answer = ana.Submits(form)
			if answer.Status == http.StatusServiceUnavailable {
				form = ana.Again(form, answer)
			}
			return answer.Status != http.StatusServiceUnavailable
		})
		ana.Bought(answer)
	}
	looking.Leave(t)
	buying.Leave(t)
	shop.Books(t)
}
