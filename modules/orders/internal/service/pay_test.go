package service_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/modules/orders/internal/order"
	"galleria/modules/orders/internal/service"
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

// A payment that payments refuses for good, as one of an amount below the provider's least, is
// no outage: to try again changes nothing, and the operator has to know of it.
func TestAPaymentThatIsRefusedIsNoOutage(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		sku, cart := h.fill(1, 1)
		var logged lockedBuffer
		h.change = func(o *service.Options) { o.Log = slog.New(slog.NewTextHandler(&logged, nil)) }
		l := h.live(nil)
		req := h.request(cart)
		refuses := func(yes bool) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.trouble = nil
			if yes {
				h.trouble = func(call string, after bool) error {
					if call == "start" && !after {
						return refuse(order.PaymentRefused, nil)
					}
					return nil
				}
			}
		}
		refuses(true)
		for range 2 { // the answer of one key
			if _, err := l.PlaceOrder(t.Context(), req); status.Code(err) != codes.FailedPrecondition || !contract.Is(err, ordersv1.Reason_REASON_PAYMENT_REFUSED) {
				t.Errorf("place: got %v, want that the payment is refused", err)
			}
		}
		k := h.only()
		if said := logged.String(); !strings.Contains(said, "level=WARN") || !strings.Contains(said, k.ID) {
			t.Errorf("logged %q, want a warning with the order %s", said, k.ID)
		}
		h.await("nothing is left to do", func() bool { return h.busy() == 0 })
		h.wantEven(l, sku, 1)

		refuses(false)
		k = l.order(h.request(cart))
		h.bank(k, order.Stopped)
		refuses(true)
		for range 2 {
			_, err := l.PayOrder(t.Context(), &ordersv1.PayOrderRequest{OrderId: k.ID, Token: k.Token})
			if !contract.Is(err, ordersv1.Reason_REASON_PAYMENT_REFUSED) {
				t.Errorf("pay again: got %v, want that the payment is refused", err)
			}
		}
	})
}

// A shopper who pays again has an order, with goods that are held: an outage is no reason to
// end it before the hold does.
func TestAnOutageWhenAnotherPaymentIsStartedEndsNoOrder(t *testing.T) {
	for _, call := range []string{"allocate", "redeem", "start"} {
		t.Run(call, func(t *testing.T) {
			inHouse(t, func(t *testing.T, h *house) {
				v := h.visit(stories["pays with a code"])
				l := h.live(nil)
				placed, err := l.PlaceOrder(t.Context(), v.request)
				if err != nil {
					t.Fatal(err)
				}
				k := h.only()
				h.bank(k, order.Stopped)
				req := &ordersv1.PayOrderRequest{OrderId: k.ID, Token: k.Token}
				asked, back := h.away(call)
				soon, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				if got, err := l.PayOrder(soon, req); !contract.Is(err, ordersv1.Reason_REASON_NOT_KNOWN) {
					t.Errorf("during the outage: got %v, %v, want that it is not known yet", got, err)
				}
				h.await("it is tried again", func() bool { return asked.Load() > 3 })
				if o := h.get(l, k); o.GetStatus() != ordersv1.OrderStatus_ORDER_STATUS_PLACING {
					t.Errorf("during the outage: the order is %s because %q, want it to wait", o.GetStatus(), o.GetEndedBecause())
				}
				back()
				got, err := l.PayOrder(t.Context(), req)
				if err != nil || got.GetRedirectUrl() == "" || got.GetRedirectUrl() == placed.GetRedirectUrl() {
					t.Fatalf("after the outage: got %v, %v, want another payment than %s", got, err, placed.GetRedirectUrl())
				}

				h.mu.Lock()
				h.payments[k.ID+"-2"].PaymentState = order.Stopped
				h.mu.Unlock()
				asked, back = h.away(call)
				soon, cancel = context.WithTimeout(t.Context(), 100*time.Millisecond)
				defer cancel()
				if _, err := l.PayOrder(soon, req); !contract.Is(err, ordersv1.Reason_REASON_NOT_KNOWN) {
					t.Errorf("during another outage: got %v, want that it is not known yet", err)
				}
				h.await("it is tried", func() bool { return asked.Load() > 0 })
				h.later.Add(int64(time.Hour))
				h.wantEnd(l, k, failed, "not_paid")
				back()
				if _, err := l.PayOrder(t.Context(), req); !contract.Is(err, ordersv1.Reason_REASON_NOT_PAYABLE) {
					t.Errorf("after the end: got %v, want that nothing is to be paid", err)
				}
				h.await("nothing is left to do", func() bool { h.later.Add(int64(time.Minute)); return h.busy() == 0 })
				h.wantEven(l, v.sku, v.stock)
			})
		})
	}
}

// lockedBuffer is a log that several write to.
type lockedBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
