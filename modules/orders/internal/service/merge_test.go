package service_test

import (
	"sync/atomic"
	"testing"

	ordersv1 "galleria/modules/orders/v1"
)

// A guest's order has read the cart and is not stored yet; meanwhile the guest logs in,
// the cart is merged into the customer's, and that one is ordered.
func TestWhatIsMergedWhileItIsOrderedIsOrderedOnce(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		_, guests := h.fill(5, 1)
		_, own := h.fill(5, 1)
		late := h.request(guests)
		var l *life
		var between atomic.Bool
		var first *ordersv1.PlaceOrderResponse
		l = h.live(func(point string) bool {
			if point == "place:before" && between.CompareAndSwap(false, true) {
				h.merge(guests, own)
				var err error
				if first, err = l.PlaceOrder(t.Context(), h.request(own)); err != nil {
					t.Errorf("order the customer's cart: %v", err)
				}
			}
			return false
		})
		second, err := l.PlaceOrder(t.Context(), late)
		if err != nil {
			t.Fatalf("the guest's order: %v", err)
		}
		if o := h.get(l, kept{ID: first.GetOrder().GetId(), Token: first.GetToken()}); o.GetStatus() != ordersv1.OrderStatus_ORDER_STATUS_FAILED || o.GetEndedBecause() != "replaced" {
			t.Errorf("the customer's order: got %s, %s, want it ended for the guest's", o.GetStatus(), o.GetEndedBecause())
		}
		if lines := first.GetOrder().GetLines(); len(lines) != 2 {
			t.Errorf("got %d lines ordered from the customer's cart, want both", len(lines))
		}
		if h.pay(first.GetOrder().GetId()) || !h.pay(second.GetOrder().GetId()) {
			t.Error("want that one of the two can be paid, the newer one")
		}
	})
}
