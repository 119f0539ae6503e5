package service_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"galleria/modules/orders/internal/order"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/certs"
	"galleria/platform/contract"
	"galleria/platform/id"
	"galleria/platform/route"
)

// held is an open order of two things, the money of which is held and not taken.
func (h *house) held(l *life) kept {
	h.t.Helper()
	_, cart := h.fill(2, 2)
	k := l.order(h.request(cart))
	h.bank(k, order.Authorized)
	h.settled(k.ID, false)
	h.await("it is open, and nothing is left to do", func() bool { return h.get(l, k).GetStatus() == opened && h.busy() == 0 })
	return k
}

// bank has the provider say this of an order's first payment.
func (h *house) bank(k kept, says order.PaymentState) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.payments[k.ID].PaymentState = says
}

func operator(t *testing.T) context.Context { return route.CalledBy(t.Context(), certs.Operator) }

// ship sends one piece of an order.
func (l *life) ship(k kept) error {
	_, err := l.ShipOrder(operator(l.t), &ordersv1.ShipOrderRequest{
		OrderId: k.ID, Pieces: []*ordersv1.Piece{{LineId: "1", Quantity: 1}}, IdempotencyKey: id.New(),
	})
	return err
}

// restCancelled is an order of which one piece was sent and one is not to be, and of which
// the money could not be taken yet.
func (h *house) restCancelled(l *life) (k kept, back func()) {
	h.t.Helper()
	k = h.held(l)
	asked, back := h.away("capture")
	if err := l.ship(k); err != nil {
		h.t.Fatal(err)
	}
	h.await("its money can't be taken", func() bool { return asked.Load() > 0 })
	before := asked.Load()
	if _, err := l.CancelOrder(operator(h.t), &ordersv1.CancelOrderRequest{OrderId: k.ID, Operator: true}); err != nil {
		h.t.Fatal(err)
	}
	h.await("it was tried again after the rest was cancelled", func() bool { return asked.Load() > before+1 })
	return k, back
}

// What is not taken yet can't be given back. That payments does not answer for a while is no
// reason to tell the customer that the refund is refused, and to take all of the money then.
func TestARefundOfWhatIsHeldWaitsUntilItIsTaken(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		l := h.live(nil)
		k, back := h.restCancelled(l)
		o := h.get(l, k)
		if r := o.GetRefunds()[0]; r.GetStatus() != ordersv1.RefundStatus_REFUND_STATUS_PENDING || o.GetAttention() != nil {
			t.Errorf("while the money is held: got the refund %v and attention %v, want it pending, and none", r, o.GetAttention())
		}
		back()
		h.await("nothing is left to do", func() bool { h.later.Add(int64(time.Minute)); return h.busy() == 0 })
		o = h.get(l, k)
		if r := o.GetRefunds()[0]; r.GetStatus() != ordersv1.RefundStatus_REFUND_STATUS_SUCCEEDED || o.GetRefundedMinor() != 700 || o.GetAttention() != nil {
			t.Errorf("after it was taken: got the refund %v and attention %v, want 700 given back, and none", r, o.GetAttention())
		}
		if got := h.events(k.ID); !slices.Equal(got, []string{"Placed", "Shipped", "Refunded"}) {
			t.Errorf("got events %v, want no word of a refund that failed", got)
		}
	})
}

// When the bank has let the money go nothing was charged, and so nothing is to be given back.
func TestARefundOfMoneyThatIsNeverTakenIsOfNothing(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		l := h.live(nil)
		k, back := h.restCancelled(l)
		h.bank(k, order.Stopped)
		back()
		h.await("nothing is left to do", func() bool { h.later.Add(int64(time.Minute)); return h.busy() == 0 })
		o := h.get(l, k)
		if o.GetAttention() == nil || o.GetPaymentStatus() != ordersv1.PaymentStatus_PAYMENT_STATUS_NONE {
			t.Errorf("got attention %v, and payment %s, want an operator to know that a parcel is not paid", o.GetAttention(), o.GetPaymentStatus())
		}
		if r := o.GetRefunds()[0]; r.GetAmountMinor() != 0 || r.GetStatus() != ordersv1.RefundStatus_REFUND_STATUS_SUCCEEDED {
			t.Errorf("got the refund %v, want one of nothing", r)
		}
		// The customer has to hear that the rest is not sent, also when no money goes back.
		if got := h.events(k.ID); !slices.Equal(got, []string{"Placed", "Shipped", "Refunded"}) {
			t.Errorf("got events %v, want that of the rest, and none of a refund that failed", got)
		}
	})
}

// A piece that can't be sent is taken out while the money is held; what it cost goes back
// once that is taken with the rest.
func TestAPieceIsTakenOutOfAnOrderWhoseMoneyIsHeld(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		l := h.live(nil)
		k := h.held(l)
		_, err := l.RefundOrder(operator(t), &ordersv1.RefundOrderRequest{
			OrderId: k.ID, Pieces: []*ordersv1.Piece{{LineId: "1", Quantity: 1}}, Restock: true, IdempotencyKey: id.New(),
		})
		if err != nil {
			t.Fatal(err)
		}
		h.await("the goods are back", func() bool { return h.busy() == 0 })
		if o := h.get(l, k); o.GetRefunds()[0].GetStatus() != ordersv1.RefundStatus_REFUND_STATUS_PENDING || o.GetAttention() != nil {
			t.Errorf("while the money is held: got %v", o)
		}
		if err := l.ship(k); err != nil {
			t.Fatal(err)
		}
		h.await("nothing is left to do", func() bool { h.later.Add(int64(time.Minute)); return h.busy() == 0 })
		o := h.get(l, k)
		if o.GetRefundedMinor() != 700 || o.GetAttention() != nil || o.GetStatus() != ordersv1.OrderStatus_ORDER_STATUS_CLOSED {
			t.Errorf("after it was taken: got %v, want 700 back", o)
		}
		if got := h.events(k.ID); !slices.Equal(got, []string{"Placed", "Shipped", "Refunded"}) {
			t.Errorf("got events %v", got)
		}
	})
}

// A bank lets held money go after some days. What is not paid is not sent: an operator has
// to know it before the parcel leaves.
func TestWhatTheBankHasLetGoIsNotSent(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		l := h.live(nil)
		k := h.held(l)
		h.bank(k, order.Stopped)
		h.settled(k.ID, false)
		h.await("an operator is asked for", func() bool { return h.get(l, k).GetAttention() != nil })
		if got := h.get(l, k).GetPaymentStatus(); got != ordersv1.PaymentStatus_PAYMENT_STATUS_NONE {
			t.Errorf("got payment %s, want that nothing is held", got)
		}
		if err := l.ship(k); !contract.Is(err, ordersv1.Reason_REASON_NOT_PAID) {
			t.Errorf("ship: got %v, want that it is not paid", err)
		}
		if _, err := l.CancelOrder(operator(t), &ordersv1.CancelOrderRequest{OrderId: k.ID, Operator: true}); err != nil {
			t.Fatal(err)
		}
		h.await("nothing is left to do", func() bool { return h.busy() == 0 })
		if o := h.get(l, k); o.GetStatus() != ordersv1.OrderStatus_ORDER_STATUS_CANCELLED || len(o.GetRefunds()) > 0 {
			t.Errorf("got %v, want it cancelled without a refund", o)
		}
		if got := h.events(k.ID); !slices.Equal(got, []string{"Placed", "Cancelled"}) {
			t.Errorf("got events %v, want no parcel", got)
		}
	})
}

// That payments does not answer when a hold is looked at leaves the order as it is.
func TestAHoldThatCannotBeLookedAtIsLookedAtAgain(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		l := h.live(nil)
		k := h.held(l)
		asked, back := h.away("look")
		h.bank(k, order.Stopped)
		h.settled(k.ID, false)
		h.await("payments was asked", func() bool { return asked.Load() > 1 })
		if o := h.get(l, k); o.GetAttention() != nil || o.GetPaymentStatus() != ordersv1.PaymentStatus_PAYMENT_STATUS_AUTHORIZED {
			t.Errorf("got attention %v and payment %s, want the order as it was", o.GetAttention(), o.GetPaymentStatus())
		}
		back()
		h.await("an operator is asked for", func() bool { h.later.Add(int64(time.Minute)); return h.get(l, k).GetAttention() != nil })
	})
}
