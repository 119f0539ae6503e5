package carttest

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	cartv1 "galleria/modules/cart/v1"
	"galleria/platform/module/moduletest"
)

func countCases(w World) cases {
	count := func(g *guest, from, until time.Time) (*cartv1.CountCartsResponse, error) {
		return w.Operator.CountCarts(g.Context(), &cartv1.CountCartsRequest{From: timestamppb.New(from), Until: timestamppb.New(until)})
	}
	return cases{
		"counts a cart when it is begun, and once": func(t *testing.T) {
			g := w.guest(t)
			g.sell(1)
			now := time.Now()
			today := func() int64 {
				t.Helper()
				got, err := count(g, now.Add(-time.Hour), now.Add(time.Hour))
				g.must(err)
				if from := got.GetCompleteFrom().AsTime(); from.IsZero() || !from.Before(now) {
					t.Errorf("counts are complete from %v on, want a time before now", from)
				}
				return got.GetCarts()
			}
			before := today()
			g.add(1, 2)
			g.add(1, 1)
			if got := today(); got != before+1 {
				t.Errorf("got %d carts, want %d", got, before+1)
			}
			got, err := count(g, time.Unix(0, 0), now.Add(-time.Hour))
			if g.must(err); got.GetCarts() != 0 {
				t.Errorf("got %d carts of long ago, want none", got.GetCarts())
			}
		},
		"counts a cart that is made empty": func(t *testing.T) {
			g := w.guest(t)
			from := time.Now().Add(-time.Hour)
			before, err := count(g, from, time.Now().Add(time.Hour))
			g.must(err)
			_, err = g.Cart.CreateCart(g.Context(), &cartv1.CreateCartRequest{CartId: g.cart})
			g.must(err)
			g.sell(1)
			g.add(1, 1)
			if got, err := count(g, from, time.Now().Add(time.Hour)); err != nil || got.GetCarts() != before.GetCarts()+1 {
				t.Errorf("got %d carts (%v), want one more than %d", got.GetCarts(), err, before.GetCarts())
			}
		},
		"counts the carts of a currency": func(t *testing.T) {
			g := w.guest(t)
			from := time.Now().Add(-time.Hour)
			of := func(currency string) int64 {
				t.Helper()
				got, err := w.Operator.CountCarts(g.Context(), &cartv1.CountCartsRequest{From: timestamppb.New(from), Until: timestamppb.New(from.Add(2 * time.Hour)), CurrencyCode: currency})
				g.must(err)
				return got.GetCarts()
			}
			all, euro, yen := of(""), of("EUR"), of("JPY")
			g.sell(1)
			g.add(1, 1)
			if got := of("EUR"); got != euro+1 {
				t.Errorf("got %d carts in EUR, want %d", got, euro+1)
			}
			if got := of("JPY"); got != yen {
				t.Errorf("got %d carts in JPY, want %d", got, yen)
			}
			if got := of(""); got != all+1 {
				t.Errorf("got %d carts in all, want %d", got, all+1)
			}
		},
		"wants a time that is one": func(t *testing.T) {
			g := w.guest(t)
			_, err := count(g, time.Now(), time.Now().Add(-time.Hour))
			moduletest.WantFields(t, err, "from")
			_, err = w.Operator.CountCarts(g.Context(), &cartv1.CountCartsRequest{})
			moduletest.WantFields(t, err, "from")
		},
	}
}
