package service_test

import (
	"sync/atomic"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/contract"
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
		_, err := l.PlaceOrder(t.Context(), late)
		if !contract.Is(err, ordersv1.Reason_REASON_CART_CLAIMED) || contract.Metadata(err, "order_id") != first.GetOrder().GetId() {
			t.Fatalf("the guest's order: got %v (%s), want that the customer's has what is in the cart", err, status.Code(err))
		}
		if lines := first.GetOrder().GetLines(); len(lines) != 2 {
			t.Errorf("got %d lines ordered from the customer's cart, want both", len(lines))
		}
		_, err = l.PlaceOrder(t.Context(), h.request(own))
		if status.Code(err) != codes.FailedPrecondition {
			t.Errorf("another order of the customer's cart: got %v, want it refused", err)
		}
	})
}
