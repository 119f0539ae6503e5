package storefront_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"galleria/app/storefront"
	"galleria/modules/payments/paymentstest"
)

func TestAClientThatMakesTooManyCartsHasToWait(t *testing.T) {
	s := newShop(t, func(o *storefront.Options) { o.Limits.Carts = 3 })
	add := url.Values{"sku": {"LMP-ARC-01"}, "quantity": {"1"}}
	first := s.visitor(t)
	first.put("LMP-ARC-01", 1)
	s.visitor(t).put("LMP-ARC-01", 1)
	invented := s.visitor(t)
	invented.header.Set("Cookie", "__Host-galleria_cart="+strings.Repeat("a", 30))
	invented.put("LMP-ARC-01", 1)
	p := s.visitor(t).post("/cart/items", add).want(http.StatusTooManyRequests).says("too many requests of this kind", "Try again")
	if got := p.header.Get("Retry-After"); got != "20" {
		t.Errorf("got Retry-After %q, want 20: a third of a minute", got)
	}
	invented.header.Set("Cookie", "__Host-galleria_cart="+strings.Repeat("b", 30))
	invented.post("/cart/items", add).want(http.StatusTooManyRequests)
	first.put("LMP-ARC-01", 1) // those who have a cart go on
	s.clock.pass(20 * time.Second)
	s.visitor(t).put("LMP-ARC-01", 1)
}

func TestAClientWhoseCardsAreDeclinedHasToWaitLongerAndLonger(t *testing.T) {
	s := newShop(t, func(o *storefront.Options) { o.Limits.Declines = 1 })
	v, form := buy(t, s)
	pay := v.post("/checkout", form).want(http.StatusSeeOther).header.Get("Location")
	for range 2 {
		v.post(pay, typed(paymentstest.CardDeclined)).want(http.StatusUnprocessableEntity)
	}
	p := v.post(pay, typed(paymentstest.CardDeclined)).want(http.StatusTooManyRequests).says("too many attempts", "in a second")
	if p.header.Get("Retry-After") != "1" {
		t.Errorf("got Retry-After %q, want 1", p.header.Get("Retry-After"))
	}
	s.clock.pass(time.Second)
	v.post(pay, typed(paymentstest.CardVisa)).want(http.StatusSeeOther)
}

func TestAClientThatCancelsTooOftenHasToWait(t *testing.T) {
	s := newShop(t, func(o *storefront.Options) { o.Limits.Cancellations = 1 })
	v, form := buy(t, s)
	order, err := url.Parse(v.pay(v.post("/checkout", form), paymentstest.CardVisa))
	if err != nil {
		t.Fatal(err)
	}
	token := url.Values{"token": {order.Query().Get("token")}}
	v.post(order.Path+"/cancel", token).want(http.StatusSeeOther)
	v.post(order.Path+"/cancel", token).want(http.StatusTooManyRequests)
}
