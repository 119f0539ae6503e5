package service_test

import (
	"testing"
	"time"

	"gorm.io/gorm"

	"galleria/modules/orders/internal/service"
	"galleria/modules/orders/internal/store"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/id"
)

// leave closes what needs attention, as an operator does.
func (l *life) leave(k kept) {
	l.t.Helper()
	l.resolve(k, ordersv1.ResolveAttentionRequest_ACTION_CLOSE)
}

// resolve answers what needs attention, as an operator does.
func (l *life) resolve(k kept, action ordersv1.ResolveAttentionRequest_Action) {
	l.t.Helper()
	got, err := l.GetOrder(operator(l.t), &ordersv1.GetOrderRequest{OrderId: k.ID, Token: k.Token})
	if err != nil {
		l.t.Fatal(err)
	}
	_, err = l.ResolveAttention(operator(l.t), &ordersv1.ResolveAttentionRequest{
		OrderId: k.ID, Action: action, Note: "done by hand",
		Reason: got.GetOrder().GetAttention().GetReason(), IdempotencyKey: id.New(),
	})
	if err != nil {
		l.t.Fatalf("%v: %v", action, err)
	}
}

// refunded is what payments gave back of an order.
func (h *house) refunded(k kept) int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.payments[k.ID].refunded
}

// paid is an open order of two pieces with a code.
func (h *house) paid(l *life) (k kept, sku, cart string) {
	h.t.Helper()
	h.uses["WELCOME"] = 3
	sku, cart = h.fill(5, 2)
	k = l.order(h.request(cart, "WELCOME"))
	h.pay(k.ID)
	h.settled(k.ID, true)
	h.await("it is open", func() bool { return h.get(l, k).GetStatus() == opened })
	return k, sku, cart
}

func (h *house) disputed(k kept) {
	h.t.Helper()
	err := h.db.Write(h.t.Context(), func(tx *gorm.DB) error { return store.NeedAttention(tx, k.ID, "disputed", h.now()) })
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) done() {
	h.t.Helper()
	h.await("nothing is left to do", func() bool { h.later.Add(int64(time.Minute)); return h.busy() == 0 })
}

// An operator who has paid a refund by hand was not asked about the goods and codes, which
// go back as soon as their modules answer.
func TestGoodsAndCodesGoBackThoughTheRefundIsLeft(t *testing.T) {
	for _, away := range []string{"release", "unredeem"} {
		t.Run(away, func(t *testing.T) {
			inHouse(t, func(t *testing.T, h *house) {
				l := h.live(nil)
				k, sku, _ := h.paid(l)
				h.mu.Lock()
				h.payments[k.ID].refuses = true
				h.mu.Unlock()
				_, back := h.away(away)
				if _, err := l.CancelOrder(operator(t), &ordersv1.CancelOrderRequest{OrderId: k.ID, Operator: true}); err != nil {
					t.Fatal(err)
				}
				h.await("the refund is refused", func() bool { return h.get(l, k).GetAttention() != nil })
				l.leave(k)
				back()
				h.done()
				h.mu.Lock()
				defer h.mu.Unlock()
				if h.shelf[sku] != 5 || h.uses["WELCOME"] != 3 {
					t.Errorf("got %d of 5 on the shelf and %d of 3 uses of the code, want all", h.shelf[sku], h.uses["WELCOME"])
				}
			})
		})
	}
}

// The operator answers a dispute while inventory or the cart is away: what was sent, is not
// sent and came back is booked, and what was bought is taken out of the cart.
func TestWhatIsNotAnsweredGoesOnThoughADisputeIsLeft(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		l := h.live(nil)
		sku, cart := h.fill(5, 3)
		k := l.order(h.request(cart))
		_, back := h.away("take", "ship", "release some", "put back")
		h.pay(k.ID)
		h.settled(k.ID, true)
		h.await("it is open", func() bool { return h.get(l, k).GetStatus() == opened })
		piece := []*ordersv1.Piece{{LineId: "1", Quantity: 1}}
		for range 2 {
			if err := l.ship(k); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := l.RefundOrder(operator(t), &ordersv1.RefundOrderRequest{OrderId: k.ID, Pieces: piece, Restock: true, IdempotencyKey: id.New()}); err != nil {
			t.Fatal(err)
		}
		if _, err := l.ReturnItems(operator(t), &ordersv1.ReturnItemsRequest{OrderId: k.ID, Pieces: piece, Restock: true, IdempotencyKey: id.New()}); err != nil {
			t.Fatal(err)
		}
		h.disputed(k)
		l.leave(k)
		back()
		h.done()
		h.mu.Lock()
		defer h.mu.Unlock()
		if left := h.carts[cart].lines[sku]; left != 0 || h.shelf[sku] != 4 || h.allocated[k.ID].lines[sku] != 0 {
			t.Errorf("got %d in the cart, %d on the shelf and %d held; want 0, 4 of 5 with one sent and kept, and 0", left, h.shelf[sku], h.allocated[k.ID].lines[sku])
		}
	})
}

// A refund that the provider has accepted goes on when another chore was given up, and the
// operator closes that.
func TestARefundThatWasAcceptedGoesOnThoughTheOrderIsLeft(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		h.change = func(o *service.Options) { o.GiveUp = time.Minute }
		l := h.live(nil)
		k, _, _ := h.paid(l)
		h.mu.Lock()
		h.payments[k.ID].slow = true
		h.mu.Unlock()
		_, back := h.away("release")
		if _, err := l.CancelOrder(operator(t), &ordersv1.CancelOrderRequest{OrderId: k.ID, Operator: true}); err != nil {
			t.Fatal(err)
		}
		h.await("an operator is asked", func() bool {
			h.later.Add(int64(time.Minute))
			return h.get(l, k).GetAttention() != nil
		})
		l.leave(k)
		if r := h.get(l, k).GetRefunds()[0]; r.GetStatus() != ordersv1.RefundStatus_REFUND_STATUS_PENDING {
			t.Fatalf("got %v, want it pending", r)
		}
		h.mu.Lock()
		h.payments[k.ID].slow = false
		h.mu.Unlock()
		back()
		h.await("the money is back", func() bool {
			h.later.Add(int64(time.Hour))
			return h.get(l, k).GetRefunds()[0].GetStatus() == ordersv1.RefundStatus_REFUND_STATUS_SUCCEEDED
		})
	})
}

// What is refused for good is asked about once: closed, it is left.
func TestWhatIsRefusedForGoodIsLeft(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		l := h.live(nil)
		k, sku, _ := h.paid(l)
		h.await("nothing is left to do", func() bool { return h.busy() == 0 })
		h.mu.Lock()
		h.allocated[k.ID].lines[sku] = 0 // taken by hand
		h.mu.Unlock()
		if err := l.ship(k); err != nil {
			t.Fatal(err)
		}
		h.await("the parcel can't be booked", func() bool { return h.get(l, k).GetAttention() != nil && h.busy() == 0 })
		l.leave(k)
		h.done()
		if a := h.get(l, k).GetAttention(); a != nil {
			t.Errorf("it needs attention again: %s", a.GetReason())
		}
	})
}

// A refund that was given up is the operator's, who may have made it by hand before saying so:
// what is done with the order until then does not have it made.
func TestARefundThatWasGivenUpWaitsForItsOperator(t *testing.T) {
	for name, c := range map[string]struct {
		action ordersv1.ResolveAttentionRequest_Action
		want   int64
	}{
		"left":       {ordersv1.ResolveAttentionRequest_ACTION_CLOSE, 0},
		"tried anew": {ordersv1.ResolveAttentionRequest_ACTION_RETRY, 100},
	} {
		t.Run(name, func(t *testing.T) {
			inHouse(t, func(t *testing.T, h *house) {
				h.change = func(o *service.Options) { o.GiveUp = time.Minute }
				l := h.live(nil)
				k, _, _ := h.paid(l)
				_, back := h.away("give back")
				if _, err := l.RefundOrder(operator(t), &ordersv1.RefundOrderRequest{OrderId: k.ID, AmountMinor: 100, IdempotencyKey: id.New()}); err != nil {
					t.Fatal(err)
				}
				h.await("an operator is asked", func() bool {
					h.later.Add(int64(time.Minute))
					return h.get(l, k).GetAttention() != nil
				})
				back()
				if err := l.ship(k); err != nil {
					t.Fatal(err)
				}
				h.await("the parcel is booked", func() bool { return h.busy() == 0 })
				if got := h.refunded(k); got != 0 {
					t.Fatalf("%d were given back before the operator answered", got)
				}
				l.resolve(k, c.action)
				h.done()
				if got := h.refunded(k); got != c.want {
					t.Errorf("got %d given back, want %d", got, c.want)
				}
			})
		})
	}
}
