package orders_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"galleria/modules/orders"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/modules/payments/paymentstest"
	"galleria/platform/contract"
	"galleria/platform/database"
	"galleria/platform/database/databasetest"
)

// story is what a guest does, again from the beginning after each death of
// orders, and how it must end.
type story struct {
	card string
	// takesFail is how many calls of cart.TakeItems fail at first.
	takesFail int32
	cancels   bool
	end       ordersv1.OrderStatus
}

var stories = map[string]story{
	"buys":               {card: paymentstest.CardVisa, end: completed},
	"is declined":        {card: paymentstest.CardDeclined, end: failed},
	"cancels":            {card: paymentstest.CardVisa, cancels: true, end: cancelled},
	"buys, cart is away": {card: paymentstest.CardVisa, takesFail: 2, end: completed},
}

// visit is one run of a story: a request, repeated as it is.
type visit struct {
	*house
	story
	sku, cart string
	request   *ordersv1.PlaceOrderRequest
}

func (h *house) visit(s story) *visit {
	v := &visit{house: h, story: s, sku: h.Stock(5, 700)}
	v.cart = h.Fill(2, v.sku)
	v.request = h.Request(v.cart, s.card)
	h.takes.fail.Store(s.takesFail)
	return v
}

// play does what the guest does until the end, or until the life dies.
func (v *visit) play(l *life) error {
	ctx := context.Background()
	result := make(chan error, 1)
	go func() { // of its own, for it may die
		placed, err := l.PlaceOrder(ctx, v.request)
		if err == nil && v.cancels {
			_, err = l.CancelOrder(ctx, &ordersv1.CancelOrderRequest{OrderId: placed.GetOrder().GetId(), Token: placed.GetToken()})
		}
		result <- err
	}()
	select {
	case err := <-result:
		return err
	case <-l.died:
		return errors.New("orders died")
	}
}

func (v *visit) wantEnd(l *life, err error) {
	v.t.Helper()
	if v.end == failed {
		if !contract.Is(err, ordersv1.Reason_REASON_PAYMENT_DECLINED) || contract.Metadata(err, "decline_code") != "card_declined" {
			v.t.Errorf("got %v, want PAYMENT_DECLINED with its code", err)
		}
	} else if err != nil {
		v.t.Errorf("got %v, want an order", err)
	}
	v.await("nothing is open", func() bool { return v.open() == 0 })
	o := v.get(l, v.only())
	if o.GetStatus() != v.end {
		v.t.Fatalf("the order is %s (%s), want %s", o.GetStatus(), o.GetEndedBecause(), v.end)
	}
	v.wantEven(o, v.sku, 5, 2, 700)
	// What was cancelled before the cart was emptied may stay in it.
	if got := v.InCart(v.cart); v.end == completed && got != 0 || v.end == failed && got != 2 {
		v.t.Errorf("got %d things in the cart of an order that is %s", got, o.GetStatus())
	}
}

// points are those a story passes when nobody dies.
func points(t *testing.T, s story) []string {
	h := build(t, databasetest.SQLite(t))
	var mu sync.Mutex
	var all []string
	l := h.live(func(point string) bool {
		mu.Lock()
		defer mu.Unlock()
		all = append(all, point)
		return false
	}, true)
	v := h.visit(s)
	v.wantEnd(l, v.play(l))
	l.close() // the last point comes after the last write
	mu.Lock()
	defer mu.Unlock()
	return slices.Clone(all)
}

func TestDeathAtEachPointLeavesTheBooksEven(t *testing.T) {
	reached := map[string]bool{"ship:before": true, "ship:after": true} // one write, and nothing after it
	for name, s := range stories {
		passed := points(t, s)
		for _, p := range passed {
			reached[p] = true
		}
		t.Run(name, func(t *testing.T) {
			eachDatabase(t, func(t *testing.T, o func(t *testing.T) database.Options) {
				for n := range passed {
					t.Run(passed[n], func(t *testing.T) {
						t.Parallel()
						dieAndRecover(t, build(t, o(t)), s, n)
					})
				}
			})
		})
	}
	for _, p := range orders.Points {
		if !reached[p] {
			t.Errorf("no story passes %s: death there is not tested", p)
		}
	}
}

// eachDatabase gives each of many subtests a database of its own.
func eachDatabase(t *testing.T, test func(t *testing.T, o func(t *testing.T) database.Options)) {
	t.Run("sqlite", func(t *testing.T) {
		test(t, func(t *testing.T) database.Options { return databasetest.SQLite(t) })
	})
	t.Run("postgres", func(t *testing.T) {
		test(t, func(t *testing.T) database.Options { return databasetest.Postgres(t) })
	})
}

// dieAndRecover ends the first life at its n-th point and a second one
// somewhere on its way; the third must bring all to the right end.
func dieAndRecover(t *testing.T, h *house, s story, n int) {
	v := h.visit(s)
	var first, second string
	defer func() {
		if t.Failed() {
			t.Logf("died at %q, then at %q", first, second)
		}
	}()
	l := h.live(dieAt(n, &first), true)
	v.play(l)
	// Death may come after the answer, in recovery.
	h.await("the first life is over", func() bool { return l.dead.Load() || h.open() == 0 && len(h.kept()) == 1 })
	h.bury(l)

	l = h.live(dieAt(n*7%11, &second), true)
	if n%2 == 0 { // a guest who repeats at once; else recovery is alone
		v.play(l)
	}
	h.await("the second life is over", func() bool { return l.dead.Load() || h.open() == 0 })
	h.bury(l)

	l = h.live(nil, true)
	v.wantEnd(l, v.play(l))
}

func TestAnAbandonedCheckoutIsUndone(t *testing.T) {
	eachDatabase(t, func(t *testing.T, options func(t *testing.T) database.Options) {
		for _, point := range []string{"accept:after", "reserve:after", "reserved:after", "authorize:after", "confirm:before"} {
			t.Run(point, func(t *testing.T) {
				h := build(t, options(t))
				v := h.visit(story{card: paymentstest.CardVisa, end: failed})
				l := h.live(func(p string) bool { return p == point }, false)
				v.play(l)
				h.bury(l)
				h.later.Add(int64(11 * time.Minute))
				l = h.live(nil, true)
				h.await("the order has failed", func() bool { return h.only().Status == "failed" })
				h.wantEven(h.get(l, h.only()), v.sku, 5, 2, 700)
				_, err := l.PlaceOrder(t.Context(), v.request)
				if !contract.Is(err, ordersv1.Reason_REASON_UNAVAILABLE) && !contract.Is(err, ordersv1.Reason_REASON_PAYMENT_UNAVAILABLE) {
					t.Errorf("got %v, want UNAVAILABLE", err)
				}
			})
		}
	})
}
