package orders_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/modules/inventory/inventorytest"
	inventoryv1 "galleria/modules/inventory/v1"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/modules/payments/paymentstest"
	paymentsv1 "galleria/modules/payments/v1"
	"galleria/platform/contract"
)

// trouble sets a hook on a method of inventory or payments, before its work or
// after it; nil takes it away.
func (h *house) trouble(method string, lose bool, hook func(ctx context.Context) error) {
	switch method {
	case "Reserve", "Commit": // the same call, with a hold and without
		at := map[string]string{"Reserve": "accepted", "Commit": "captured"}[method]
		only := hook
		if hook != nil {
			only = func(ctx context.Context) error {
				if h.only().Status != at {
					return nil
				}
				return hook(ctx)
			}
		}
		h.trouble("Allocate", lose, only)
	case "Allocate", "Release":
		if lose {
			h.inventory.After(method, hook)
		} else {
			h.inventory.Before(method, hook)
		}
	default:
		if lose {
			h.payments.After(method, hook)
		} else {
			h.payments.Before(method, hook)
		}
	}
}

// Each step fails, or does its work and loses the answer, or answers with what is not
// of its contract, as something on the way does: once, so that the guest notices
// nothing, or until it is repaired.
func TestEachStepSurvivesOutages(t *testing.T) {
	for _, c := range []struct {
		method string
		story  story
		// during is where the order stands while the outage lasts, and after it
		// ends once it is over; reason is what the guest is told.
		during, after ordersv1.OrderStatus
		reason        ordersv1.Reason
	}{
		{method: "Reserve", story: story{card: paymentstest.CardVisa}, during: failed, after: failed, reason: ordersv1.Reason_REASON_UNAVAILABLE},
		{method: "Authorize", story: story{card: paymentstest.CardVisa}, during: failed, after: failed, reason: ordersv1.Reason_REASON_PAYMENT_UNAVAILABLE},
		{method: "Capture", story: story{card: paymentstest.CardVisa}, during: confirmed, after: completed},
		{method: "Commit", story: story{card: paymentstest.CardVisa}, during: captured, after: completed},
		{method: "Void", story: story{card: paymentstest.CardDeclined}, during: failing, after: failed, reason: ordersv1.Reason_REASON_PAYMENT_DECLINED},
		{method: "Release", story: story{card: paymentstest.CardDeclined}, during: failing, after: failed, reason: ordersv1.Reason_REASON_PAYMENT_DECLINED},
		{method: "Refund", story: story{card: paymentstest.CardVisa, cancels: true}, during: cancelling, after: cancelled},
	} {
		for how, trouble := range map[string]struct {
			lose bool
			err  error
		}{
			"does not answer":              {false, inventorytest.Unavailable()},
			"loses its answer":             {true, inventorytest.Unavailable()},
			"is refused on the way to it":  {false, status.Error(codes.FailedPrecondition, "not by the module")},
			"is not found on the way back": {true, status.Error(codes.NotFound, "not by the module")},
		} {
			t.Run(c.method+" "+how+" once", func(t *testing.T) {
				t.Parallel()
				inHouse(t, func(t *testing.T, h *house) {
					var times atomic.Int32
					h.trouble(c.method, trouble.lose, func(context.Context) error {
						if times.Add(1) > 1 {
							return nil
						}
						return trouble.err
					})
					s := c.story
					s.end = completed
					if s.cancels {
						s.end = cancelled
					} else if s.card == paymentstest.CardDeclined {
						s.end = failed
					}
					v := h.visit(s)
					l := h.live(nil, true)
					v.wantEnd(l, v.play(l))
				})
			})
			t.Run(c.method+" "+how+" for long", func(t *testing.T) {
				t.Parallel()
				inHouse(t, func(t *testing.T, h *house) {
					h.trouble(c.method, trouble.lose, func(context.Context) error { return trouble.err })
					v := h.visit(c.story)
					l := h.live(nil, true)
					err := v.play(l)
					if c.reason != 0 && !contract.Is(err, c.reason) || c.reason == 0 && err != nil {
						t.Fatalf("got %v, want %s", err, c.reason)
					}
					if c.reason == ordersv1.Reason_REASON_UNAVAILABLE || c.reason == ordersv1.Reason_REASON_PAYMENT_UNAVAILABLE {
						if status.Code(err) != codes.Unavailable {
							t.Errorf("got code %s, want UNAVAILABLE", status.Code(err))
						}
						if got := v.InCart(v.cart); got != 2 {
							t.Errorf("got %d things in the cart, want both", got)
						}
					}
					h.await("the order stands where it must wait", func() bool {
						return h.get(l, h.only()).GetStatus() == c.during
					})
					h.trouble(c.method, trouble.lose, nil)
					h.later.Add(int64(3 * time.Second)) // its next attempt is due
					h.await("the order ends", func() bool { return h.open() == 0 })
					o := h.get(l, h.only())
					if o.GetStatus() != c.after {
						t.Fatalf("the order is %s, want %s", o.GetStatus(), c.after)
					}
					h.wantEven(o, v.sku, 5, 2, 700)
					again := v.play(l)
					if status.Code(again) != status.Code(err) || (c.reason != 0 && !contract.Is(again, c.reason)) {
						t.Errorf("repeated, it answers %v, want %v as before", again, err)
					}
				})
			})
		}
	}
}

func TestALostAnswerOfTheCartTakesNothingTwice(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		h.takes.lose.Store(2)
		v := h.visit(story{card: paymentstest.CardVisa, end: completed})
		l := h.live(nil, true)
		v.wantEnd(l, v.play(l))
	})
}

// A hold that ran out during an outage may have been sold to somebody else.
func TestGoodsSoldMeanwhileCancelTheOrder(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		v := h.visit(story{card: paymentstest.CardVisa})
		var once atomic.Bool
		h.payments.After("Capture", func(ctx context.Context) error {
			if once.CompareAndSwap(false, true) {
				h.shelf.Store(int64(time.Hour))
				other := &inventoryv1.AllocateRequest{OrderId: "somebody-else", Lines: []*inventoryv1.Line{{Sku: v.sku, Quantity: 5}}}
				if _, err := h.inventory.Allocate(ctx, other); err != nil {
					t.Errorf("somebody else: %v", err)
				}
			}
			return nil
		})
		l := h.live(nil, true)
		if err := v.play(l); err != nil {
			t.Fatalf("a confirmed order is an answer, got %v", err)
		}
		h.await("the order ends", func() bool { return h.open() == 0 })
		o := h.get(l, h.only())
		if o.GetStatus() != cancelled || o.GetEndedBecause() != "out_of_stock" || o.GetRefundedMinor() != 1400 {
			t.Errorf("got %s because of %q with %d back, want cancelled for out_of_stock with 1400", o.GetStatus(), o.GetEndedBecause(), o.GetRefundedMinor())
		}
		h.WantLevel(v.sku, 0, 5) // all with somebody else
		h.WantMoney(o.GetId(), 1400, 1400)
	})
}

func TestMoneyRefusedAfterAllCancelsTheOrder(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		v := h.visit(story{card: paymentstest.CardVisa})
		h.payments.Before("Capture", func(ctx context.Context) error {
			_, err := h.payments.Void(ctx, &paymentsv1.VoidRequest{OrderId: h.only().ID})
			return err
		})
		l := h.live(nil, true)
		v.play(l)
		h.await("the order ends", func() bool { return h.open() == 0 })
		o := h.get(l, h.only())
		if o.GetStatus() != cancelled || o.GetEndedBecause() != "payment_refused" {
			t.Errorf("got %s because of %q, want cancelled because of payment_refused", o.GetStatus(), o.GetEndedBecause())
		}
		h.wantEven(o, v.sku, 5, 2, 700)
	})
}

// A payment service that hangs must not use up the time to say so.
func TestAHangingModuleIsAnsweredWithinTheDeadline(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		h.payments.Before("Authorize", func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		})
		v := h.visit(story{card: paymentstest.CardVisa})
		l := h.live(nil, true)
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		_, err := l.PlaceOrder(ctx, v.request)
		if !contract.Is(err, ordersv1.Reason_REASON_PAYMENT_UNAVAILABLE) {
			t.Errorf("got %v, want PAYMENT_UNAVAILABLE", err)
		}
		h.await("all is undone", func() bool { return h.open() == 0 })
		h.wantEven(h.get(l, h.only()), v.sku, 5, 2, 700)
	})
}

func TestACartOrCatalogAwayUsesNoKeyUp(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		v := h.visit(story{card: paymentstest.CardVisa, end: completed})
		good := h.needs.Catalog
		h.needs.Catalog = awayCatalog{good}
		l := h.live(nil, true)
		err := v.play(l)
		if !contract.Is(err, ordersv1.Reason_REASON_UNAVAILABLE) || len(h.kept()) != 0 {
			t.Fatalf("got %v and orders %v, want UNAVAILABLE and none", err, h.kept())
		}
		l.close()
		h.needs.Catalog = good
		l = h.live(nil, true)
		v.wantEnd(l, v.play(l))
	})
}

func TestTheSagaOutlivesItsCaller(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		v := h.visit(story{card: paymentstest.CardVisa, end: completed})
		ctx, leave := context.WithCancel(t.Context())
		defer leave()
		l := h.live(func(point string) bool {
			if strings.HasPrefix(point, "reserve:") {
				leave()
			}
			return false
		}, false)
		if _, err := l.PlaceOrder(ctx, v.request); status.Code(err) != codes.Canceled {
			t.Errorf("got %v, want CANCELLED for the caller who left", err)
		}
		// Nobody repeats the call, and nothing recovers.
		h.await("the order is completed", func() bool { return h.only().Status == "completed" })
		v.wantEnd(l, v.play(l))
	})
}

func TestACheckoutBegunWhileOrdersClosesIsToBeRepeated(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		v := h.visit(story{card: paymentstest.CardVisa, end: completed})
		var l *life
		l = h.live(func(point string) bool {
			if point == "accept:after" {
				l.close()
			}
			return false
		}, false)
		if err := v.play(l); status.Code(err) != codes.Unavailable || !contract.Is(err, ordersv1.Reason_REASON_UNAVAILABLE) {
			t.Errorf("got %v, want UNAVAILABLE with the reason of the contract", err)
		}
		h.bury(l)
		l = h.live(nil, true)
		v.wantEnd(l, v.play(l)) // with the same key
	})
}
