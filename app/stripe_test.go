package app_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"

	"galleria/app/shoptest"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/modules/payments/stripetest"
	paymentsv1 "galleria/modules/payments/v1"
)

// TestAShopIsPaidThroughStripe walks what can happen between a shop and Stripe, in one
// process and with payments in its own, with webhooks of the kinds that the README asks
// for. In one process payments asks Stripe by itself after an hour only, so that what is
// heard there is heard by webhooks.
func TestAShopIsPaidThroughStripe(t *testing.T) {
	for name, layout := range map[string]shoptest.Layout{
		"in one process":           {Recover: time.Hour},
		"with payments in its own": {Apart: []string{"payments"}, Recover: time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			layout.Stripe = stripetest.New(t, "whsec_shop")
			shop := shoptest.Open(t, layout)
			layout.Stripe.Sends("http://"+shop.Address("http")+"/webhooks/payments/stripe", eventsOfTheREADME(t)...)
			journeys := map[string]func(*testing.T, stripeShop){
				"a card pays":                                    paysAtStripe,
				"a browser goes to the page and back":            paysInABrowser,
				"the bank asks, and another card pays":           isAskedByTheBank,
				"the window is closed on the page":               closesTheWindow,
				"webhooks are late, forged, old, and twice":      hearsLate,
				"it is called off while the bank asks":           callsOffBeforePaying,
				"it is called off after it was paid, unheard":    callsOffPaid,
				"an operator refunds a part and then the rest":   refundsInParts,
				"a refund waits for the bank":                    refundWaits,
				"a refund fails later":                           refundFailsLater,
				"the holder of the card disputes it, days later": disputesLater,
				"the holder of the card disputes it at once":     disputesAtOnce,
			}
			if layout.Recover < time.Minute {
				journeys["every webhook is lost"] = hearsNothing
			}
			t.Run("guest", func(t *testing.T) {
				for name, walk := range journeys {
					t.Run(name, func(t *testing.T) {
						t.Parallel()
						walk(t, stripeShop{shop, layout.Stripe})
					})
				}
			})
			shop.Books(t)
		})
	}
}

// TestMoneyAtStripeIsHeldUntilAParcelLeaves: what is sent is taken then, and what is
// called off before is let go.
func TestMoneyAtStripeIsHeldUntilAParcelLeaves(t *testing.T) {
	t.Parallel()
	layout := shoptest.Layout{AtShipping: true, Recover: time.Hour, Stripe: stripetest.New(t, "whsec_shop")}
	shop := shoptest.Open(t, layout)
	layout.Stripe.Sends("http://"+shop.Address("http")+"/webhooks/payments/stripe", eventsOfTheREADME(t)...)
	s := stripeShop{shop, layout.Stripe}
	status := func(one sale, want string) {
		t.Helper()
		shop.Await(t, "the money is "+want, func() bool { return s.stripe.Status(one.intent()) == want })
	}
	sent, kept := s.sold(t, "Ana", stripetest.Visa), s.sold(t, "Bea", stripetest.Visa)
	status(sent, "requires_capture")
	sent.run("is shipped", "ship")
	status(sent, "succeeded")
	kept.isCalledOff()
	status(kept, "canceled")
	shop.Books(t)
}

var stripeEvent = regexp.MustCompile("`((?:checkout|payment_intent|charge|refund)\\.[a-z_.]+)`")

// eventsOfTheREADME are the kinds of webhooks that an owner is told to choose.
func eventsOfTheREADME(t *testing.T) (kinds []string) {
	t.Helper()
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range stripeEvent.FindAllStringSubmatch(string(text), -1) {
		kinds = append(kinds, found[1])
	}
	return kinds
}

// stripeShop is a shop that is paid through an account at Stripe.
type stripeShop struct {
	*shoptest.Shop
	stripe *stripetest.Account
}

// sale is an order on its way to be paid on Stripe's page.
type sale struct {
	stripeShop
	t     *testing.T
	guest *shoptest.Guest
	order shoptest.Order
	page  string // its address at Stripe
}

// sells lets a guest order two mugs, up to Stripe's page.
func (s stripeShop) sells(t *testing.T, name string) sale {
	t.Helper()
	guest := s.Guest(t, name)
	guest.Takes(2, shoptest.Mug)
	page := guest.Post("/checkout", guest.FillsIn("")).Want(http.StatusSeeOther).Header.Get("Location")
	if !strings.HasPrefix(page, "https://"+stripetest.PageHost+"/") {
		t.Fatalf("the checkout leads to %s, want Stripe's page", page)
	}
	paid, left := s.stripe.Back(page)
	order, ok := shoptest.OrderAt(paid)
	if cancelled, _ := shoptest.OrderAt(left); !ok || cancelled != order {
		t.Fatalf("Stripe's page leads to %s, and without a payment to %s, want the order's page", paid, left)
	}
	return sale{s, t, guest, order, page}
}

// sold is a sale that is paid with a card, and confirmed.
func (s stripeShop) sold(t *testing.T, name, card string) sale {
	t.Helper()
	one := s.sells(t, name)
	if back := s.stripe.Types(t, one.page, card); back == "" {
		t.Fatalf("the card %s was not taken", card)
	}
	one.becomes(ordersv1.OrderStatus_ORDER_STATUS_OPEN)
	return one
}

func (s sale) see() *ordersv1.Order {
	s.t.Helper()
	return see(s.t, s.Shop, s.order)
}

func (s sale) until(what string, is func(*ordersv1.Order) bool) {
	s.t.Helper()
	s.Await(s.t, "the order "+what, func() bool { return is(s.see()) })
}

func (s sale) becomes(want ordersv1.OrderStatus) {
	s.t.Helper()
	s.until("is "+want.String(), func(o *ordersv1.Order) bool { return o.GetStatus() == want })
}

func (s sale) isCalledOff() {
	s.t.Helper()
	s.guest.Post("/orders/"+s.order.ID+"/cancel", url.Values{"token": {s.order.Token}}).Want(http.StatusSeeOther)
}

// payment is what payments knows of the sale.
func (s sale) payment() *paymentsv1.Payment {
	s.t.Helper()
	var listed *paymentsv1.ListPaymentsResponse
	err := s.Operate(s.t, func(ctx context.Context, shop grpc.ClientConnInterface) (err error) {
		listed, err = paymentsv1.NewPaymentsServiceClient(shop).ListPayments(ctx, &paymentsv1.ListPaymentsRequest{OrderId: s.order.ID})
		return err
	})
	if err != nil || len(listed.GetPayments()) != 1 {
		s.t.Fatalf("got %v, %v, want one payment", listed, err)
	}
	return listed.GetPayments()[0]
}

// intent is Stripe's name for the money.
func (s sale) intent() string { return s.stripe.Intent(s.page) }

// run has an operator do something with the order.
func (s sale) run(says string, args ...string) {
	s.t.Helper()
	args = append([]string{"orders", args[0], s.order.ID}, args[1:]...)
	if out, code := s.Run(s.t, args...); code != 0 || !strings.Contains(out, says) {
		s.t.Errorf("galleria %s: got exit %d and\n%s\nwant 0 and %q", strings.Join(args, " "), code, out, says)
	}
}

// isAnswered wants that operators are told why the order needs them, and has one answer.
func (s sale) isAnswered(why string) {
	s.t.Helper()
	s.until("needs attention", func(o *ordersv1.Order) bool { return strings.Contains(o.GetAttention().GetReason(), why) })
	var listed []struct{ ID string }
	out, _ := s.Run(s.t, "orders", "attention", "--json")
	if err := json.Unmarshal([]byte(out), &listed); err != nil {
		s.t.Fatalf("orders attention --json: %v in\n%s", err, out)
	}
	if !slices.ContainsFunc(listed, func(o struct{ ID string }) bool { return o.ID == s.order.ID }) {
		s.t.Errorf("got %s, want order %s among those that need attention", out, s.order.ID)
	}
	s.run(why, "show")
	s.run("needs no attention any more", "attention", "--close", "--note", "answered in Stripe's dashboard")
}

// gaveBack wants that Stripe has given back that much, which the shop knows.
func (s sale) gaveBack(want int64) {
	s.t.Helper()
	s.until("knows what was given back", func(o *ordersv1.Order) bool { return o.GetRefundedMinor() == want })
	if got := s.stripe.Refunded(s.intent()); got != want {
		s.t.Errorf("Stripe gave back %d, and the shop says %d", got, want)
	}
}

func paysAtStripe(t *testing.T, s stripeShop) {
	ana := s.Guest(t, "Ana")
	ana.Adds(1, shoptest.Tray)
	ana.Pays(stripetest.Visa)

	one := s.sells(t, "Bea")
	s.stripe.Types(t, one.page, stripetest.Declined)
	one.guest.Get(one.order.Path).Want(http.StatusOK).Says("We are waiting for your payment")
	back := s.stripe.Types(t, one.page, stripetest.Mastercard)
	if paid, _ := s.stripe.Back(one.page); back != paid {
		t.Errorf("after the payment the page leads to %q, want %q", back, paid)
	}
	one.becomes(ordersv1.OrderStatus_ORDER_STATUS_OPEN)
	one.guest.Get(one.order.Path).Want(http.StatusOK).Says("Thank you, Bea", "Mastercard", "4444")
}

// paysInABrowser also tells whether the shop's policy lets a browser go on to Stripe.
func paysInABrowser(t *testing.T, s stripeShop) {
	b := s.Browse(t)
	b.Open("/products/round-teapot")
	b.Click(`form[action="/cart/items"] button[type=submit]`, `[data-cart-count]:not([hidden])`)
	b.Open("/checkout")
	fillIn(b)
	b.Follow(`form[action="/checkout"] button[name=requote]`, `[name=email]`)
	const card, pay, said = `[name=card_number]`, `button.pay`, `.said`
	b.Follow(`form[action="/checkout"] button.wide`, card)
	b.Types(card, stripetest.Declined)
	b.Follow(pay, said)
	b.Types(card, stripetest.Consent)
	b.Follow(pay, `button[value=no]`)
	b.Follow(`button[value=no]`, said)
	b.Types(card, stripetest.Consent)
	b.Follow(pay, `button[value=yes]`)
	b.Follow(`button[value=yes]`, `.walk`)
	if !strings.HasPrefix(b.Path(), "/orders/") {
		t.Errorf("Stripe's page led to %s, want the order", b.Path())
	}
	b.Clean()
}

func isAskedByTheBank(t *testing.T, s stripeShop) {
	one := s.sells(t, "Dora")
	declined := func(want string) {
		t.Helper()
		s.Await(t, "payments knows why the card was refused: "+want, func() bool { return one.payment().GetDeclineCode() == want })
	}
	s.stripe.Types(t, one.page, stripetest.Consent)
	if back := s.stripe.Answers(t, one.page, false); back != "" {
		t.Errorf("without consent the page leads to %s, want it to stay", back)
	}
	declined("authentication_required")
	s.stripe.Types(t, one.page, stripetest.InsufficientFunds)
	declined("insufficient_funds")
	if got := one.see(); got.GetStatus() != ordersv1.OrderStatus_ORDER_STATUS_PLACING || got.GetPaymentUrl() != one.page {
		t.Fatalf("got %v, want it waiting for its payment at %s", got, one.page)
	}
	// The shopper has lost the page, and finds it from the order's.
	again := one.guest.Post("/orders/"+one.order.ID+"/pay", url.Values{"token": {one.order.Token}}).Want(http.StatusSeeOther)
	if at := again.Header.Get("Location"); at != one.page {
		t.Errorf("paying from the order's page leads to %s, want %s", at, one.page)
	}
	if back := s.stripe.Types(t, one.page, stripetest.Consent); back != "" {
		t.Errorf("before the consent the page leads to %s, want it to stay", back)
	}
	if back := s.stripe.Answers(t, one.page, true); back == "" {
		t.Error("after the consent the page stays, want it to lead to the shop")
	}
	one.becomes(ordersv1.OrderStatus_ORDER_STATUS_OPEN)
}

func closesTheWindow(t *testing.T, s stripeShop) {
	one := s.sells(t, "Ela")
	if back := s.stripe.Types(t, one.page, stripetest.NoReturn); back != "" {
		t.Errorf("the page leads to %s, want it to stay", back)
	}
	s.AwaitMail(t, one.see().GetNumber()+" is confirmed")
}

func hearsLate(t *testing.T, s stripeShop) {
	one := s.sells(t, "Fay")
	s.stripe.Withholds(one.page)
	s.stripe.Pays(t, one.page, stripetest.Visa)
	told := s.stripe.Events(one.page)
	post := func(secret string, at time.Time, want int) {
		t.Helper()
		for _, e := range slices.Backward(told) { // the first one comes last
			if status, err := s.stripe.Post(e, secret, at); err != nil || status != want {
				t.Errorf("webhook %s: got status %d, %v, want %d", e.Kind, status, err, want)
			}
		}
	}
	post("whsec_forged", time.Now(), http.StatusBadRequest)
	post(s.stripe.Secret, time.Now().Add(-time.Hour), http.StatusBadRequest)
	for range 2 {
		post(s.stripe.Secret, time.Now(), http.StatusOK)
	}
	one.becomes(ordersv1.OrderStatus_ORDER_STATUS_OPEN)
	post(s.stripe.Secret, time.Now(), http.StatusOK)
}

func hearsNothing(t *testing.T, s stripeShop) {
	one := s.sells(t, "Gil")
	s.stripe.Withholds(one.page)
	s.stripe.Pays(t, one.page, stripetest.Visa)
	s.AwaitMail(t, one.see().GetNumber()+" is confirmed")
}

func callsOffBeforePaying(t *testing.T, s stripeShop) {
	one := s.sells(t, "Hana")
	s.stripe.Types(t, one.page, stripetest.Consent)
	one.isCalledOff()
	one.becomes(ordersv1.OrderStatus_ORDER_STATUS_FAILED)
	if back := s.stripe.Answers(t, one.page, true); back != "" || s.stripe.Status(one.intent()) != "canceled" {
		t.Errorf("the consent comes too late: the page leads to %q, and the money is %s, want it cancelled", back, s.stripe.Status(one.intent()))
	}
	one.guest.Get(one.order.Path).Want(http.StatusOK).Says("not placed")
}

func callsOffPaid(t *testing.T, s stripeShop) {
	one := s.sells(t, "Ida")
	s.stripe.Withholds(one.page)
	s.stripe.Pays(t, one.page, stripetest.Visa)
	one.isCalledOff()
	one.becomes(ordersv1.OrderStatus_ORDER_STATUS_CANCELLED)
	one.gaveBack(one.see().GetTotals().GetTotalMinor())
}

func refundsInParts(t *testing.T, s stripeShop) {
	one := s.sold(t, "Kay", stripetest.Visa)
	one.run("gets a refund: 1.50 EUR", "refund", "--amount", "1.50", "--reason", "a scratch")
	one.gaveBack(150)
	one.run("gets a refund", "refund", "--all", "--reason", "another scratch")
	one.gaveBack(one.see().GetTotals().GetTotalMinor())
}

func refundWaits(t *testing.T, s stripeShop) {
	one := s.sold(t, "Lea", stripetest.RefundPending)
	one.run("gets a refund", "refund", "--amount", "2.00")
	one.until("waits for the bank", func(o *ordersv1.Order) bool {
		return len(o.GetRefunds()) == 1 && o.GetRefunds()[0].GetStatus() == ordersv1.RefundStatus_REFUND_STATUS_PENDING && s.stripe.Refunded(one.intent()) == 200
	})
	s.stripe.SettlesRefunds(one.intent(), "succeeded")
	one.gaveBack(200)
}

func refundFailsLater(t *testing.T, s stripeShop) {
	one := s.sold(t, "Mia", stripetest.RefundFails)
	one.run("gets a refund: 3.00 EUR", "refund", "--amount", "3.00")
	one.gaveBack(300)
	s.stripe.SettlesRefunds(one.intent(), "failed")
	one.until("needs attention", func(o *ordersv1.Order) bool {
		return strings.Contains(o.GetAttention().GetReason(), "lost_or_stolen_card")
	})
	s.stripe.Disputes(one.intent()) // which does not hide the refund, nor is hidden by it
	one.isAnswered("lost_or_stolen_card; the customer disputes the payment at the bank")
	one.gaveBack(0)
}

func disputesLater(t *testing.T, s stripeShop) {
	one := s.sold(t, "Noa", stripetest.Visa)
	s.stripe.Disputes(one.intent())
	one.isAnswered("disputes the payment at the bank")
}

func disputesAtOnce(t *testing.T, s stripeShop) {
	s.sold(t, "Oda", stripetest.Dispute).isAnswered("disputes the payment at the bank")
}
