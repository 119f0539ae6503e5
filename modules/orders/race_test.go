package orders_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	catalogv1 "galleria/modules/catalog/v1"
	"galleria/modules/inventory/inventorytest"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/modules/payments/paymentstest"
	"galleria/platform/contract"
	"galleria/platform/database/databasetest"

	"google.golang.org/grpc"
)

// awayCatalog can't be reached.
type awayCatalog struct{ catalogv1.CatalogServiceClient }

func (awayCatalog) GetOffers(context.Context, *catalogv1.GetOffersRequest, ...grpc.CallOption) (*catalogv1.GetOffersResponse, error) {
	return nil, inventorytest.Unavailable()
}

func TestOneKeyIsOneOrderInTwoProcesses(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		v := h.visit(story{card: paymentstest.CardVisa, end: completed})
		lives := []*life{h.live(nil, true), h.live(nil, true)}
		var answers [10]*ordersv1.PlaceOrderResponse
		var errs [10]error
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() { answers[i], errs[i] = lives[i%2].PlaceOrder(context.Background(), v.request) })
		}
		all.Wait()
		for i := range answers {
			if errs[i] != nil || answers[i].GetOrder().GetId() != h.only().ID || answers[i].GetToken() != h.only().Token {
				t.Errorf("call %d: got %v, %v; want order %s", i, answers[i].GetOrder().GetId(), errs[i], h.only().ID)
			}
		}
		v.wantEnd(lives[0], v.play(lives[1]))
	})
}

// The same request twice at once: the second looks into the cart when the first
// has just emptied it.
func TestAnEmptiedCartIsNoReasonToRefuseTheOrderThatEmptiedIt(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		v := h.visit(story{card: paymentstest.CardVisa, end: completed})
		l := h.live(nil, true)
		first := func() { v.wantEnd(l, v.play(l)) }
		h.takes.look.Store(&first)
		v.wantEnd(l, v.play(l))
	})
}

// A step may take longer than a claim lasts: the claim is kept up.
func TestALongStepKeepsItsClaim(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		due := func() (at int64) {
			if err := h.db.Read(context.Background()).Raw("SELECT due_at FROM orders").Scan(&at).Error; err != nil {
				t.Error(err)
			}
			return at
		}
		h.payments.Before("Authorize", func(context.Context) error {
			before := due()
			h.await("the claim is kept up", func() bool { return due() > before })
			return nil
		})
		v := h.visit(story{card: paymentstest.CardVisa, end: completed})
		l := h.live(nil, false)
		v.wantEnd(l, v.play(l))
	})
}

func TestOneKeyIsOneAnswerForAnOrderThatFails(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		v := h.visit(story{card: paymentstest.CardDeclined, end: failed})
		l := h.live(nil, true)
		var errs [5]error
		var all sync.WaitGroup
		for i := range errs {
			all.Go(func() { errs[i] = v.play(l) })
		}
		all.Wait()
		for _, err := range errs {
			v.wantEnd(l, err)
		}
	})
}

func TestAHundredBuyersOfTenThings(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		sku := h.Stock(10, 700)
		l := h.live(nil, true)
		var sold, out atomic.Int32
		var all sync.WaitGroup
		for range 100 {
			req := h.Request(h.Fill(1, sku), paymentstest.CardVisa)
			all.Go(func() {
				_, err := l.PlaceOrder(context.Background(), req)
				switch {
				case err == nil:
					sold.Add(1)
				case contract.Is(err, ordersv1.Reason_REASON_OUT_OF_STOCK):
					out.Add(1)
				default:
					t.Errorf("got %v, want an order or OUT_OF_STOCK", err)
				}
			})
		}
		all.Wait()
		if sold.Load() != 10 || out.Load() != 90 {
			t.Errorf("got %d orders and %d sold out, want 10 and 90", sold.Load(), out.Load())
		}
		h.await("nothing is open", func() bool { return h.open() == 0 })
		h.WantLevel(sku, 0, 10)
		var paid int64
		for _, p := range h.payments.Payments() {
			paid += p.GetCapturedMinor()
		}
		if paid != 7000 {
			t.Errorf("got %d paid, want 7000", paid)
		}
	})
}

// A guest cancels while the checkout is at each point after its confirmation.
func TestCancellingAtEachPointOfTheCheckout(t *testing.T) {
	passed := points(t, story{card: paymentstest.CardVisa, end: completed})
	passed = passed[slices.Index(passed, "confirm:after"):]
	for _, at := range passed {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			inHouse(t, func(t *testing.T, h *house) {
				v := h.visit(story{card: paymentstest.CardVisa, end: cancelled})
				var l *life
				var once atomic.Bool
				var cancelling sync.WaitGroup
				l = h.live(func(point string) bool {
					if point != at || !once.CompareAndSwap(false, true) {
						return false
					}
					k := h.only()
					cancelling.Go(func() {
						for range 3 { // the guest clicks three times
							_, err := l.CancelOrder(context.Background(), &ordersv1.CancelOrderRequest{OrderId: k.ID, Token: k.Token})
							if err != nil {
								t.Errorf("cancel at %s: %v", at, err)
							}
						}
					})
					h.await("the cancellation is decided", func() bool { return strings.HasPrefix(h.only().Status, "cancel") })
					return false
				}, false) // the checkout itself must turn around
				err := v.play(l)
				cancelling.Wait()
				v.wantEnd(l, err)
			})
		})
	}
}

func TestShippingAndCancellingAtOnceIsOneOfThem(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		l := h.live(nil, true)
		for range 10 {
			placed, err := l.PlaceOrder(t.Context(), h.Request(h.Fill(1, h.Stock(1, 700)), paymentstest.CardVisa))
			if err != nil {
				t.Fatal(err)
			}
			h.await("nothing is open", func() bool { return h.open() == 0 })
			var shipErr, cancelErr error
			var both sync.WaitGroup
			both.Go(func() {
				_, shipErr = l.ShipOrder(context.Background(), &ordersv1.ShipOrderRequest{OrderId: placed.GetOrder().GetId()})
			})
			both.Go(func() {
				_, cancelErr = l.CancelOrder(context.Background(), &ordersv1.CancelOrderRequest{OrderId: placed.GetOrder().GetId(), Token: placed.GetToken()})
			})
			both.Wait()
			if (shipErr == nil) == (cancelErr == nil) {
				t.Errorf("shipping: %v, cancelling: %v; want exactly one of them refused", shipErr, cancelErr)
			}
			h.await("nothing is open", func() bool { return h.open() == 0 })
		}
	})
}

func TestPricesAreTheCatalogsAndNotTheCarts(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		h.takes.cheap.Store(true)
		v := h.visit(story{card: paymentstest.CardVisa, end: completed})
		l := h.live(nil, true)
		v.wantEnd(l, v.play(l)) // which wants 700 for each
	})
}

func TestNothingUnconfirmedIsCancelled(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		v := h.visit(story{card: paymentstest.CardVisa, end: completed})
		var l *life
		l = h.live(func(point string) bool {
			if point == "reserved:after" {
				k := h.only()
				_, err := l.CancelOrder(context.Background(), &ordersv1.CancelOrderRequest{OrderId: k.ID, Token: k.Token})
				if !contract.Is(err, ordersv1.Reason_REASON_NOT_CONFIRMED) {
					t.Errorf("got %v, want NOT_CONFIRMED", err)
				}
			}
			return false
		}, true)
		v.wantEnd(l, v.play(l))
	})
}

// A checkout that goes well is to cost the database little.
func TestACheckoutWritesFiveTimes(t *testing.T) {
	h := build(t, databasetest.SQLite(t))
	v := h.visit(story{card: paymentstest.CardVisa, end: completed})
	l := h.live(nil, false)
	var err error
	// One look for the key; an insert; four updates, one of them with an event.
	if got := databasetest.CountStatements(h.db, func() { err = v.play(l) }); got != 7 {
		t.Errorf("got %d statements, want 7", got)
	}
	v.wantEnd(l, err)
}
