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

func TestAClientThatGuessesVoucherCodesHasToWait(t *testing.T) {
	s := newShop(t, func(o *storefront.Options) { o.Limits.Codes = 3 })
	s.promote(t)
	const told = "Too many voucher codes were tried from your network."
	type try func(v *visitor, code string) *page
	for name, how := range map[string]try{
		"in the cart": func(v *visitor, code string) *page { return v.post("/cart/code", url.Values{"code": {code}}) },
		"by the checkout's address": func(v *visitor, code string) *page {
			return v.get("/checkout?country=IT&code=" + code)
		},
		"at the checkout": func(v *visitor, code string) *page {
			form := v.order()
			form.Set("code", code)
			form.Set("requote", "1")
			return v.post("/checkout", form)
		},
		"with the order": func(v *visitor, code string) *page {
			form := v.order()
			form.Set("code", code)
			form.Set("priced", "")
			return v.post("/checkout", form)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s.clock.pass(time.Minute)
			v := s.visitor(t)
			v.t = t
			v.put("LMP-MSH-08", 2)
			for _, guess := range []string{"A", "B", "C"} {
				if p := how(v, guess); p.status == http.StatusTooManyRequests || !strings.Contains(p.text(), guess+" is not a code of ours.") {
					t.Fatalf("%s: got status %d, want to read that it is no code; the page says:\n%s", guess, p.status, p.text())
				}
			}
			p := how(v, "WELCOME10").want(http.StatusTooManyRequests).says(told).saysNot("-€14.40")
			if got := p.header.Get("Retry-After"); got != "20" {
				t.Errorf("got Retry-After %q, want 20: a third of a minute", got)
			}
			v.get("/cart").want(http.StatusOK).saysNot("WELCOME10", "-€14.40")
			s.clock.pass(20 * time.Second)
			if p := how(v, "WELCOME10"); p.status == http.StatusTooManyRequests {
				t.Fatalf("after the wait: got status %d, want the code to be taken", p.status)
			}
		})
	}
}

func TestACodeThatTheCartHasIsNotCountedAgain(t *testing.T) {
	s := newShop(t, func(o *storefront.Options) { o.Limits.Codes = 1 })
	s.promote(t)
	v := s.visitor(t)
	v.put("LMP-MSH-08", 2)
	v.post("/cart/code", url.Values{"code": {"WELCOME10"}}).want(http.StatusSeeOther)
	for range 3 {
		v.get("/cart").want(http.StatusOK).says("-€14.40")
		v.get("/checkout?country=IT&code=WELCOME10").want(http.StatusOK).says("€129.60")
	}
}

func TestACardThatCantBeOneDoesNotEndTheWaits(t *testing.T) {
	s := newShop(t, func(o *storefront.Options) { o.Limits.Declines = 1 })
	v, form := buy(t, s)
	pay := v.post("/checkout", form).want(http.StatusSeeOther).header.Get("Location")
	v.post(pay, typed(paymentstest.CardDeclined)).want(http.StatusUnprocessableEntity)
	v.post(pay, typed("4242424242424241")).want(http.StatusUnprocessableEntity)
	v.post(pay, typed(paymentstest.CardDeclined)).want(http.StatusUnprocessableEntity)
	v.post(pay, typed(paymentstest.CardDeclined)).want(http.StatusTooManyRequests).says("too many attempts", "in a second")
}

func TestAClientThatCancelsTooOftenHasToWait(t *testing.T) {
	t.Run("a minute", func(t *testing.T) {
		cancelTwice(t, newShop(t, func(o *storefront.Options) { o.Limits.Cancellations = 1 }))
	})
	t.Run("a day", func(t *testing.T) {
		cancelTwice(t, newShop(t, func(o *storefront.Options) { o.Limits.CancellationsOfDay = 1 }))
	})
}

func cancelTwice(t *testing.T, s *shop) {
	v, form := buy(t, s)
	order, err := url.Parse(v.pay(v.post("/checkout", form), paymentstest.CardVisa))
	if err != nil {
		t.Fatal(err)
	}
	token := url.Values{"token": {order.Query().Get("token")}}
	v.post(order.Path+"/cancel", token).want(http.StatusSeeOther)
	v.post(order.Path+"/cancel", token).want(http.StatusTooManyRequests)
}
