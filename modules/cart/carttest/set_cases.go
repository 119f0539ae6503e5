package carttest

import (
	"testing"

	"google.golang.org/grpc/codes"

	cartv1 "galleria/modules/cart/v1"
	"galleria/modules/catalog/catalogtest"
	"galleria/platform/id"
	"galleria/platform/module/moduletest"
)

func setCases(w World) cases {
	return cases{
		"sets, begins and removes lines, and repeats": func(t *testing.T) {
			g := w.guest(t)
			g.sellAll(1, 2)
			for range 2 {
				g.wantSet(1, 5, 5)
			}
			g.wantSet(2, 99, 104)
			g.wantSet(1, 2, 101)
			g.wantLines("1×2 2×99")
			for range 2 {
				g.wantSet(1, 0, 99)
			}
			g.wantLines("2×99")
		},
		"begins no line that must be there, and never fails to remove it": func(t *testing.T) {
			g := w.guest(t)
			g.sellAll(1, 3)
			g.sell(3, func(p *product) { catalogtest.SetPrice(p, "USD", 700) })
			change := func(n int, quantity int64) error {
				_, err := w.Cart.SetItem(t.Context(), &cartv1.SetItemRequest{
					CartId: g.cart, Sku: g.sku(n), Quantity: quantity, CurrencyCode: g.currencies[n], LineMustExist: true,
				})
				return err
			}
			moduletest.WantReason(t, change(1, 2), codes.NotFound, cartv1.Reason_REASON_NO_CART)
			g.add(1, 1)
			g.add(2, 1)
			for range 2 {
				g.must(change(1, 5))
				g.wantLines("1×5 2×1")
			}
			g.take(g.bought("order-"+id.New(), 1, 5, 2, 1))
			moduletest.WantReason(t, change(1, 4), codes.NotFound, cartv1.Reason_REASON_NO_LINE)
			moduletest.WantReason(t, change(3, 4), codes.NotFound, cartv1.Reason_REASON_NO_LINE)
			g.must(change(1, 0))
			g.wantLines("")
			g.wantSet(1, 3, 3) // a caller who does not say so begins it
		},
		"removing from a cart that is not there makes none": func(t *testing.T) {
			g := w.guest(t)
			g.wantSet(1, 0, 0)
			if got := g.get().GetExpiresAt(); got != nil {
				t.Errorf("the cart expires at %v: want no cart", got.AsTime())
			}
		},
		"what is sold no more can be removed, not changed": func(t *testing.T) {
			g := w.guest(t)
			g.sell(1)
			g.add(1, 5)
			g.sell(1, func(p *product) { p.Active = false })
			_, err := g.set(1, 4)
			moduletest.WantReason(t, err, codes.FailedPrecondition, cartv1.Reason_REASON_NOT_SOLD)
			_, err = g.set(2, 1) // unknown
			moduletest.WantReason(t, err, codes.FailedPrecondition, cartv1.Reason_REASON_NOT_SOLD)
			g.wantLines("1×5")
			g.wantSet(1, 0, 0)
		},
		"refuses more than 100 lines, and a second currency": func(t *testing.T) {
			g := w.guest(t)
			g.sellAll(1, 101)
			g.sell(102, func(p *product) { catalogtest.SetPrice(p, "USD", 700) })
			for n := int64(1); n <= 100; n++ {
				g.wantSet(int(n), 1, n)
			}
			_, err := g.set(101, 1)
			moduletest.WantReason(t, err, codes.FailedPrecondition, cartv1.Reason_REASON_CART_FULL)
			g.wantSet(100, 3, 102)
			g.wantSet(1, 0, 101)
			_, err = g.set(102, 1)
			moduletest.WantReason(t, err, codes.FailedPrecondition, cartv1.Reason_REASON_OTHER_CURRENCY)
		},
		"names what is wrong with a request": func(t *testing.T) {
			_, err := w.Cart.SetItem(t.Context(), &cartv1.SetItemRequest{Quantity: -1})
			moduletest.WantFields(t, err, "cart_id", "sku", "quantity")
			g := w.guest(t)
			_, err = g.set(1, 100)
			moduletest.WantFields(t, err, "quantity")
		},
		"the last of several at once stays": func(t *testing.T) {
			g := w.guest(t)
			g.sell(1)
			atOnce(8, func(i int) {
				if _, err := g.set(1, int64(i%3)); err != nil {
					t.Errorf("set to %d: %v", i%3, err)
				}
			})
			if got := g.get().GetItemCount(); got > 2 {
				t.Errorf("things in the cart: got %d, want at most 2", got)
			}
		},
	}
}
