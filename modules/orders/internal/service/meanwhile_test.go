package service_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"galleria/modules/orders/internal/order"
	"galleria/modules/orders/internal/service"
	"galleria/modules/orders/internal/store"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/contract"
	"galleria/platform/id"
)

// refundOne gives back what one piece has cost.
func (l *life) refundOne(k kept, restock bool) {
	l.t.Helper()
	_, err := l.RefundOrder(operator(l.t), &ordersv1.RefundOrderRequest{
		OrderId: k.ID, Pieces: []*ordersv1.Piece{{LineId: "1", Quantity: 1}}, Restock: restock, IdempotencyKey: id.New(),
	})
	if err != nil {
		l.t.Fatal(err)
	}
}

// waitsForGoods is an order of two pieces whose payment is known to be in a state while its
// goods can't be kept for good.
func (h *house) waitsForGoods(l *life, payment order.PaymentState, shown ordersv1.PaymentStatus) (k kept, back func()) {
	h.t.Helper()
	_, cart := h.fill(2, 2)
	k = l.order(h.request(cart))
	asked, back := h.away("allocate")
	if payment == order.Paid {
		h.pay(k.ID)
	} else {
		h.bank(k, payment)
	}
	h.settled(k.ID, payment == order.Paid)
	h.await("its goods can't be kept, and its payment is known", func() bool {
		return asked.Load() > 0 && h.get(l, k).GetPaymentStatus() == shown
	})
	return k, back
}

// An order may be refunded while inventory is away. The money goes back when it opens, and not
// only when something else happens to it.
func TestARefundOfAnOrderThatWaitsForItsGoodsIsCarriedOut(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		l := h.live(nil)
		k, back := h.waitsForGoods(l, order.Paid, ordersv1.PaymentStatus_PAYMENT_STATUS_PAID)
		l.refundOne(k, false)
		back()
		h.done()
		if o := h.get(l, k); o.GetStatus() != opened || o.GetRefunds()[0].GetStatus() != ordersv1.RefundStatus_REFUND_STATUS_SUCCEEDED {
			t.Errorf("got %s with the refund %v, want it open, and the money given back", o.GetStatus(), o.GetRefunds()[0])
		}
	})
}

// A bank may let held money go while inventory is away. An operator knows before a parcel is
// sent.
func TestAHoldThatIsLostWhileGoodsAreWaitedForIsNoticed(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		l := h.live(nil)
		k, back := h.waitsForGoods(l, order.Authorized, ordersv1.PaymentStatus_PAYMENT_STATUS_AUTHORIZED)
		h.bank(k, order.Stopped)
		h.settled(k.ID, false)
		back()
		h.done()
		if h.get(l, k).GetAttention() == nil {
			t.Error("no operator is asked for")
		}
		if err := l.ship(k); !contract.Is(err, ordersv1.Reason_REASON_NOT_PAID) {
			t.Errorf("ship: got %v, want that it is not paid", err)
		}
	})
}

// The goods of a refund that inventory has not heard of go back with all others when the order
// is cancelled: no operator has to do anything.
func TestACancellationGivesBackWhatARefundWasAboutTo(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		l := h.live(nil)
		k, sku, _ := h.paid(l)
		asked, back := h.away("release some", "release")
		l.refundOne(k, true)
		h.await("inventory was asked", func() bool { return asked.Load() > 0 })
		if _, err := l.CancelOrder(t.Context(), &ordersv1.CancelOrderRequest{OrderId: k.ID, Token: k.Token}); err != nil {
			t.Fatal(err)
		}
		back()
		h.done()
		if o := h.get(l, k); o.GetAttention() != nil || o.GetStatus() != ordersv1.OrderStatus_ORDER_STATUS_CANCELLED {
			t.Errorf("got %s and attention %v, want it cancelled, and none", o.GetStatus(), o.GetAttention())
		}
		h.wantEven(l, sku, 5)
	})
}

// The orders of a client are counted and stored one after the other, also those of the same
// moment.
func TestTheLimitOfAClientHoldsForOrdersOfTheSameMoment(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		h.change = func(o *service.Options) { o.Limits.PerClient = 3 }
		l := h.live(nil)
		var all sync.WaitGroup
		for range 12 {
			_, cart := h.fill(1, 1)
			req := h.request(cart)
			req.Contact.Email = id.New() + "@example.org"
			all.Go(func() {
				if _, err := l.PlaceOrder(t.Context(), req); err != nil && !contract.Is(err, ordersv1.Reason_REASON_TOO_MANY_ORDERS) {
					t.Errorf("place: %v", err)
				}
			})
		}
		all.Wait()
		if n := len(h.kept()); n != 3 {
			t.Errorf("got %d orders, want 3", n)
		}
	})
}

// awaitWaiting waits until another transaction waits for an order. On SQLite none is begun while
// one is under way.
func (h *house) awaitWaiting() {
	if h.db.Dialect() != "postgres" {
		return
	}
	h.await("the other transaction waits", func() bool {
		var n int
		err := h.db.Read(h.t.Context()).Raw("SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'UPDATE orders SET due_at%'").Scan(&n).Error
		return err == nil && n > 0
	})
}

// A refund fails just when the answer that it had come through is stored. It is asked about
// again.
func TestARefundThatFailsWhileItsSuccessIsStoredIsAskedAboutAgain(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		l := h.live(nil)
		k, _, _ := h.paid(l)
		h.mu.Lock()
		h.payments[k.ID].slow = true
		h.mu.Unlock()
		l.refundOne(k, true)
		h.await("payments has it", func() bool {
			return h.get(l, k).GetRefunds()[0].GetStatus() == ordersv1.RefundStatus_REFUND_STATUS_PENDING
		})
		l.close()
		refund := h.get(l, k).GetRefunds()[0].GetId()
		stored, saved := make(chan struct{}), make(chan error, 1)
		go func() {
			saved <- h.db.Write(t.Context(), func(tx *gorm.DB) error { // as Save does
				err := tx.Exec("UPDATE orders SET version = version + 1 WHERE id = ?", k.ID).Error
				if err == nil {
					err = tx.Exec("UPDATE order_refunds SET status = 'succeeded' WHERE id = ?", refund).Error
				}
				close(stored)
				h.awaitWaiting()
				return err
			})
		}()
		<-stored
		err := h.db.Write(t.Context(), func(tx *gorm.DB) error { return store.RefundSettled(tx, k.ID, refund, true, h.now()) })
		if err != nil {
			t.Fatal(err)
		}
		if err := <-saved; err != nil {
			t.Fatal(err)
		}
		if got := h.get(l, k).GetRefunds()[0].GetStatus(); got != ordersv1.RefundStatus_REFUND_STATUS_PENDING {
			t.Errorf("got the refund %s, want it asked about again", got)
		}
	})
}

// Payments goes on asking a provider that does not answer, for ever maybe: its key may be gone.
// After a while an operator is asked, who can't leave it, for it may still be carried out.
func TestAnOperatorIsAskedForARefundThatIsNeverAnswered(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		h.change = func(o *service.Options) { o.GiveUp = time.Minute }
		l := h.live(nil)
		k, _, _ := h.paid(l)
		answers := func(does bool) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.payments[k.ID].unanswered = !does
		}
		answers(false)
		l.refundOne(k, false)
		asked := func() {
			t.Helper()
			h.await("an operator is asked", func() bool { h.later.Add(int64(time.Minute)); return h.get(l, k).GetAttention() != nil })
		}
		asked()
		if got := h.get(l, k).GetAttention().GetReason(); !strings.Contains(got, "the provider of payments does not answer") {
			t.Errorf("got the reason %q", got)
		}
		l.leave(k)
		if r := h.get(l, k).GetRefunds()[0]; r.GetStatus() != ordersv1.RefundStatus_REFUND_STATUS_PENDING {
			t.Errorf("got the refund %v, want it pending", r)
		}
		asked()
		answers(true)
		err := h.db.Write(t.Context(), func(tx *gorm.DB) error {
			return store.RefundSettled(tx, k.ID, h.get(l, k).GetRefunds()[0].GetId(), false, h.now())
		})
		if err != nil {
			t.Fatal(err)
		}
		h.await("the money is back", func() bool {
			h.later.Add(int64(time.Minute))
			return h.get(l, k).GetRefunds()[0].GetStatus() == ordersv1.RefundStatus_REFUND_STATUS_SUCCEEDED
		})
	})
}
