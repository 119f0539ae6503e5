package service_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"gorm.io/gorm"

	"galleria/modules/orders/internal/order"
	"galleria/modules/orders/internal/service"
	"galleria/modules/orders/internal/store"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/contract"
	"galleria/platform/id"
)

// away makes calls of these names fail, and counts them.
func (h *house) away(calls ...string) (asked *atomic.Int64, back func()) {
	asked = new(atomic.Int64)
	set := func(trouble func(string, bool) error) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.trouble = trouble
	}
	set(func(call string, after bool) error {
		if after || !slices.Contains(calls, call) {
			return nil
		}
		asked.Add(1)
		return errors.New(call + ": does not answer")
	})
	return asked, func() { set(nil) }
}

// multiply copies the one order there is, with its lines, so many times.
func (h *house) multiply(times int) {
	h.t.Helper()
	err := h.db.Write(context.Background(), func(tx *gorm.DB) error {
		for _, table := range []struct {
			name string
			own  []string // columns that differ from copy to copy
		}{{"orders", []string{"id", "number", "idempotency_key", "cart_id"}}, {"order_lines", []string{"order_id"}}} {
			rows, err := tx.Raw("SELECT * FROM " + table.name + " WHERE 1 = 0").Rows()
			if err != nil {
				return err
			}
			columns, err := rows.Columns()
			rows.Close()
			if err != nil {
				return err
			}
			values := slices.Clone(columns)
			for i, c := range columns {
				if slices.Contains(table.own, c) {
					values[i] = c + " || '-' || copies.n"
				}
			}
			err = tx.Exec("WITH RECURSIVE copies(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copies WHERE n < ?) INSERT INTO "+
				table.name+" ("+strings.Join(columns, ", ")+") SELECT "+strings.Join(values, ", ")+" FROM "+table.name+", copies", times).Error
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// TestAPaidOrderWaitsForItsGoodsOnly: what is known of its payment is not asked again, so
// that payments may be away when the goods can be kept.
func TestAPaidOrderWaitsForItsGoodsOnly(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		sku, cart := h.fill(2, 2)
		l := h.live(nil)
		k := l.order(h.request(cart))
		asked, back := h.away("allocate")
		h.pay(k.ID)
		h.settled(k.ID, true)
		h.await("its goods can't be kept", func() bool { return asked.Load() > 0 })
		h.await("it is known to be paid", func() bool {
			return h.get(l, k).GetPaymentStatus() == ordersv1.PaymentStatus_PAYMENT_STATUS_PAID
		})
		looked, payments := h.away("look")
		h.await("it is open", func() bool { return h.get(l, k).GetStatus() == opened })
		if looked.Load() > 0 {
			t.Errorf("payments was asked %d times again", looked.Load())
		}
		payments()
		back()
		h.await("nothing is left to do", func() bool { return h.busy() == 0 })
		h.wantEven(l, sku, 2)
	})
}

// TestALongOutageCostsABoundedRateOfCalls: orders that failed to get on are tried
// again by turns, however many they are.
func TestALongOutageCostsABoundedRateOfCalls(t *testing.T) {
	const many, perSecond, seconds = 10_000, 20, 3
	inHouse(t, func(t *testing.T, h *house) {
		asked, _ := h.away("take")
		v := h.visit(stories["pays"])
		l := h.live(nil)
		if err := v.play(l); err != nil {
			t.Fatal(err)
		}
		h.await("it is noted that the cart of the open order did not answer", func() bool {
			var tried int64
			err := h.db.Read(t.Context()).Raw("SELECT count(*) FROM orders WHERE status = 'open' AND attempts > 0").Scan(&tried).Error
			return err == nil && tried == 1
		})
		l.close()
		h.multiply(many)
		h.later.Add(int64(time.Hour)) // all are due

		asked.Store(0)
		began := time.Now()
		h.live(nil)
		h.await("some are tried", func() bool { return asked.Load() > seconds*perSecond })
		// A slow machine takes longer: only that it is not quicker is looked at.
		if took := time.Since(began); took < (seconds-1)*time.Second {
			t.Errorf("%d calls in %s, want at most %d a second", asked.Load(), took, perSecond)
		}
		if n := h.busy(); n != many+1 {
			t.Errorf("%d orders wait for the cart, want all %d", n, many+1)
		}
	})
}

// TestAnOperatorIsAskedWhenAChoreIsTriedForTooLong: the pauses between attempts grow also
// after an order is open, and end.
func TestAnOperatorIsAskedWhenAChoreIsTriedForTooLong(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		h.change = func(o *service.Options) { o.GiveUp = time.Minute }
		asked, _ := h.away("take")
		v := h.visit(stories["pays"])
		l := h.live(nil)
		if err := v.play(l); err != nil {
			t.Fatal(err)
		}
		k := h.only()
		h.await("an operator is asked", func() bool {
			h.later.Add(int64(time.Minute))
			return h.get(l, k).GetAttention() != nil
		})
		if got := h.get(l, k).GetAttention().GetReason(); !strings.HasPrefix(got, "it was tried for 1m0s: take what was bought from its cart") {
			t.Errorf("got the reason %q", got)
		}
		if n := asked.Load(); n > 12 {
			t.Errorf("the cart was asked %d times before", n)
		}
	})
}

// TestARefundThatComesThroughAfterItWasGivenUpIsNoted: it was asked for, and only the answer
// was missing, whether an operator has left it meanwhile or not.
func TestARefundThatComesThroughAfterItWasGivenUpIsNoted(t *testing.T) {
	for _, left := range []bool{true, false} {
		inHouse(t, func(t *testing.T, h *house) {
			h.change = func(o *service.Options) { o.GiveUp = time.Minute }
			_, cart := h.fill(2, 2)
			l := h.live(nil)
			k := l.order(h.request(cart))
			h.pay(k.ID)
			h.settled(k.ID, true)
			h.await("it is open", func() bool { return h.get(l, k).GetStatus() == opened })
			_, back := h.away("give back")
			if _, err := l.CancelOrder(t.Context(), &ordersv1.CancelOrderRequest{OrderId: k.ID, Token: k.Token}); err != nil {
				t.Fatal(err)
			}
			h.await("an operator is asked", func() bool {
				h.later.Add(int64(time.Minute))
				return h.get(l, k).GetAttention() != nil
			})
			if left {
				l.leave(k)
				if r := h.get(l, k).GetRefunds()[0]; r.GetStatus() != ordersv1.RefundStatus_REFUND_STATUS_FAILED {
					t.Fatalf("got %v, want it left", r)
				}
			}
			back()
			err := h.db.Write(t.Context(), func(tx *gorm.DB) error { return store.RefundSettled(tx, k.ID, k.ID, false, h.now()) })
			if err != nil {
				t.Fatal(err)
			}
			h.await("the money is known to be on its way", func() bool {
				return h.get(l, k).GetRefunds()[0].GetStatus() == ordersv1.RefundStatus_REFUND_STATUS_SUCCEEDED
			})
		})
	}
}

// TestGoodsComeBackWhileTheMoneyIsWaitedFor: an order that was cancelled gives its goods
// to the next customer, though the provider of payments is away.
func TestGoodsComeBackWhileTheMoneyIsWaitedFor(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		v := h.visit(stories["pays"])
		l := h.live(nil)
		if err := v.play(l); err != nil {
			t.Fatal(err)
		}
		h.await("the order is open", func() bool { return h.only().Status == "open" && h.busy() == 0 })
		asked, back := h.away("give back", "look", "stop")
		k := h.only()
		if _, err := l.CancelOrder(context.Background(), &ordersv1.CancelOrderRequest{OrderId: k.ID, Token: k.Token}); err != nil {
			t.Fatal(err)
		}
		h.await("the goods are on the shelf, and payments was asked", func() bool {
			h.mu.Lock()
			defer h.mu.Unlock()
			return h.shelf[v.sku] == v.stock && asked.Load() > 0
		})
		if h.busy() != 1 {
			t.Error("the money was forgotten")
		}
		back()
		v.end = "cancelled"
		h.await("nothing is left to do", func() bool { h.later.Add(int64(time.Minute)); return h.busy() == 0 })
		h.wantEven(l, v.sku, v.stock)
	})
}

// TestWhoCancelsIsNotToldOfAPaymentThatIsNotKnown: an order that may be paid just now
// ends when it is known whether it was. Its goods do not wait for that.
func TestWhoCancelsIsNotToldOfAPaymentThatIsNotKnown(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		v := h.visit(story{stock: 5, pays: true})
		l := h.live(nil)
		if err := v.play(l); err != nil { // it is paid, and orders was not told
			t.Fatal(err)
		}
		_, back := h.away("look", "stop")
		k := h.only()
		for range 2 { // cancelled twice
			got, err := l.CancelOrder(context.Background(), &ordersv1.CancelOrderRequest{OrderId: k.ID, Token: k.Token})
			if err != nil {
				t.Fatal(err)
			}
			if o := got.GetOrder(); o.GetStatus() != ordersv1.OrderStatus_ORDER_STATUS_PLACING || o.GetEndedBecause() != "on_request" || o.GetPaymentUrl() != "" {
				t.Errorf("got an order that is %s because %q, to be paid at %q, want one that is leaving", o.GetStatus(), o.GetEndedBecause(), o.GetPaymentUrl())
			}
		}
		if _, err := l.PayOrder(context.Background(), &ordersv1.PayOrderRequest{OrderId: k.ID, Token: k.Token}); !contract.Is(err, ordersv1.Reason_REASON_NOT_PAYABLE) {
			t.Errorf("to pay what is leaving: got %v, want not payable", err)
		}
		h.await("the goods are on the shelf", func() bool {
			h.mu.Lock()
			defer h.mu.Unlock()
			return h.shelf[v.sku] == v.stock
		})
		if got := h.events(k.ID); len(got) > 0 {
			t.Errorf("events: got %v, want none while nothing is known", got)
		}
		back()
		h.await("nothing is left to do", func() bool { h.later.Add(int64(time.Minute)); return h.busy() == 0 })
		if got := h.get(l, k); got.GetStatus() != ordersv1.OrderStatus_ORDER_STATUS_CANCELLED {
			t.Errorf("got an order that is %s, want it cancelled", got.GetStatus())
		}
		h.wantEven(l, v.sku, v.stock)
	})
}

// A cancellation promises money. That it did not go back is told once, however often an
// operator has it tried again; and when it does, that it was tried again.
func TestARefundThatIsRefusedIsToldOnce(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		_, cart := h.fill(2, 2)
		l := h.live(nil)
		k := l.order(h.request(cart))
		h.mu.Lock()
		h.payments[k.ID].refuses = true
		h.mu.Unlock()
		h.pay(k.ID)
		h.settled(k.ID, true)
		h.await("it is open", func() bool { return h.get(l, k).GetStatus() == opened })
		if _, err := l.CancelOrder(t.Context(), &ordersv1.CancelOrderRequest{OrderId: k.ID, Token: k.Token}); err != nil {
			t.Fatal(err)
		}
		tryAgain := func() {
			h.await("the refund is refused", func() bool { return h.get(l, k).GetAttention() != nil })
			h.await("an operator has it tried again", func() bool {
				orders := store.New(h.db, h.now)
				o, err := orders.ByID(t.Context(), k.ID)
				if err == nil {
					err = o.Resolve(order.Answer{Key: id.New(), Retry: true}, o.Snapshot().Attention.Reason, "", h.now())
				}
				if err == nil {
					err = orders.Save(t.Context(), o)
				}
				if err != nil && !errors.Is(err, order.ErrStale) {
					t.Fatal(err)
				}
				return err == nil
			})
		}
		tryAgain()
		tryAgain()
		h.await("it is refused a third time", func() bool { return h.get(l, k).GetAttention() != nil })
		if got := h.events(k.ID); !slices.Equal(got, []string{"Placed", "Cancelled", "RefundFailed"}) {
			t.Errorf("got events %v, want the refusal once", got)
		}
		h.mu.Lock()
		h.payments[k.ID].refuses = false
		h.mu.Unlock()
		tryAgain()
		h.await("it comes through", func() bool { return slices.Contains(h.events(k.ID), "Refunded") })
		var payload []byte
		var fact ordersv1.OrderRefunded
		err := h.db.Read(t.Context()).Raw("SELECT payload FROM outbox WHERE aggregate = ? AND type = 'orders.v1.OrderRefunded'", k.ID).Row().Scan(&payload)
		if err == nil {
			err = protojson.Unmarshal(payload, &fact)
		}
		if err != nil || !fact.GetTriedAgain() {
			t.Errorf("got %v, %v, want that it was tried again", &fact, err)
		}

		// The bank sends the money back after all: what was told since is not so any more.
		h.mu.Lock()
		h.payments[k.ID].refunds[k.ID+"-4"] = order.RefundFailed
		h.mu.Unlock()
		err = h.db.Write(t.Context(), func(tx *gorm.DB) error { return store.RefundSettled(tx, k.ID, k.ID+"-4", true, h.now()) })
		if err != nil {
			t.Fatal(err)
		}
		h.await("an operator is asked", func() bool { h.later.Add(int64(time.Minute)); return h.get(l, k).GetAttention() != nil })
		if got := h.events(k.ID); !slices.Equal(got, []string{"Placed", "Cancelled", "RefundFailed", "Refunded", "RefundFailed"}) {
			t.Errorf("got events %v, want that it failed after all", got)
		}
	})
}

// What an event asks an operator for may come again and again, and each time it is one more
// reason only if it says what is not said yet.
func TestReasonsToNeedAttentionAddUpToABound(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		_, cart := h.fill(2, 2)
		l := h.live(nil)
		k := l.order(h.request(cart))
		need := func(reason string) string {
			t.Helper()
			err := h.db.Write(t.Context(), func(tx *gorm.DB) error { return store.NeedAttention(tx, k.ID, reason, h.now()) })
			if err != nil {
				t.Fatal(err)
			}
			return h.get(l, k).GetAttention().GetReason()
		}
		for _, step := range []struct{ reason, want string }{
			{"disputed", "disputed"}, {"disputed", "disputed"}, {"refused", "disputed; refused"}, {"disputed", "disputed; refused"},
		} {
			if got := need(step.reason); got != step.want {
				t.Errorf("after %q: got %q, want %q", step.reason, got, step.want)
			}
		}
		for i := range 3 { // each letter has two bytes
			need(fmt.Sprint(i) + strings.Repeat("é", order.LongestReason/2))
		}
		if got := need("one more"); len(got) > 2*order.LongestReason || strings.Contains(got, "one more") {
			t.Errorf("got %d bytes, want no more added from %d on", len(got), order.LongestReason)
		}
	})
}
