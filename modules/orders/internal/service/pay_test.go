package service_test

import (
	"context"
	"testing"
	"time"

	"galleria/modules/orders/internal/order"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/contract"
)

// TestWhoPaysIsNotLedToAPageThatIsClosed: a shopper can be quicker than the event which
// says that the provider has closed it, as after too many refused cards.
func TestWhoPaysIsNotLedToAPageThatIsClosed(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		_, cart := h.fill(1, 1)
		l := h.live(nil)
		placed, err := l.PlaceOrder(t.Context(), h.request(cart))
		if err != nil {
			t.Fatal(err)
		}
		k := h.only()
		h.mu.Lock()
		h.payments[k.ID].PaymentState = order.Stopped
		h.mu.Unlock()
		got, err := l.PayOrder(t.Context(), &ordersv1.PayOrderRequest{OrderId: k.ID, Token: k.Token})
		if err != nil || got.GetRedirectUrl() == "" || got.GetRedirectUrl() == placed.GetRedirectUrl() {
			t.Errorf("got %v, %v, want another page than %s", got, err, placed.GetRedirectUrl())
		}
	})
}

// TestAnotherPaymentWaitsForTheEndOfTheOneBefore: one that is just being stopped leads
// nowhere, which is not the same as that nothing is to be paid.
func TestAnotherPaymentWaitsForTheEndOfTheOneBefore(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		_, cart := h.fill(1, 1)
		l := h.live(nil)
		placed, err := l.PlaceOrder(t.Context(), h.request(cart))
		if err != nil {
			t.Fatal(err)
		}
		k := h.only()
		says := func(change func(p *payment)) {
			h.mu.Lock()
			change(h.payments[k.ID])
			h.mu.Unlock()
			h.settled(k.ID, false)
		}
		says(func(p *payment) { p.stopping = true })
		h.await("the order knows that the payment leads nowhere", func() bool { return h.get(l, k).GetPaymentUrl() == "" })

		req := &ordersv1.PayOrderRequest{OrderId: k.ID, Token: k.Token}
		soon, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if got, err := l.PayOrder(soon, req); !contract.Is(err, ordersv1.Reason_REASON_NOT_KNOWN) {
			t.Errorf("while the payment is being stopped: got %v, %v, want that it is not known yet", got, err)
		}
		says(func(p *payment) { p.PaymentState = order.Stopped })
		got, err := l.PayOrder(t.Context(), req)
		if err != nil || got.GetRedirectUrl() == "" || got.GetRedirectUrl() == placed.GetRedirectUrl() {
			t.Errorf("after it was stopped: got %v, %v, want another payment than %s", got, err, placed.GetRedirectUrl())
		}
	})
}
