package service

import (
	"context"
	"sync"
	"testing"
	"time"

	paymentsv1 "galleria/modules/payments/v1"

	"galleria/modules/payments/internal/payment"
	"galleria/modules/payments/internal/testcard"
	"galleria/platform/contract"
)

// intruder runs something at the worst moment: when the provider has been asked
// to authorise and has not answered, or has and nobody heard it yet.
type intruder struct {
	Provider
	before, after func()
}

func (i intruder) Authorize(ctx context.Context, key string, t payment.Terms, asked time.Time) (payment.Hold, error) {
	if i.before != nil {
		i.before()
	}
	hold, err := i.Provider.Authorize(ctx, key, t, asked)
	if i.after != nil {
		i.after()
	}
	return hold, err
}

func TestAVoidWhileTheAuthorisationIsOnItsWayWins(t *testing.T) {
	for _, moment := range []string{"before the provider", "after the provider"} {
		t.Run(moment, func(t *testing.T) {
			each(t, func(t *testing.T, b *bench) {
				method := b.method(testcard.NumberVisa)
				void := func() { b.works(b.void("order")) }
				i := intruder{Provider: b.service.Providers["sandbox"], before: void}
				if moment == "after the provider" {
					i.before, i.after = nil, void
				}
				b.service.Providers["sandbox"] = i
				if err := b.authorize("order", method); !contract.Is(err, paymentsv1.Reason_REASON_VOIDED) {
					t.Errorf("authorize: got %v, want voided", err)
				}
				b.is("order", letGo)
			})
		})
	}
}

func TestAVoidThatFailsWhileTheAuthorisationIsOnItsWayIsRecovered(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		method := b.method(testcard.NumberVisa)
		b.service.Providers["sandbox"] = intruder{Provider: b.service.Providers["sandbox"], after: func() {
			b.away.Store(true)
			if err := b.void("order"); !contract.Is(err, paymentsv1.Reason_REASON_PROVIDER_UNAVAILABLE) {
				t.Errorf("void: got %v, want unavailable", err)
			}
			b.away.Store(false)
		}}
		if err := b.authorize("order", method); !contract.Is(err, paymentsv1.Reason_REASON_VOIDED) {
			t.Errorf("authorize: got %v, want voided", err)
		}
		b.recover(16 * time.Second)
		b.is("order", letGo)
	})
}

func TestCaptureAndVoidAtOnceAgreeWithTheProvider(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		for i := range 10 {
			order := "order-" + string(rune('a'+i))
			b.authorized(order)
			var captured, voided error
			var both sync.WaitGroup
			both.Go(func() { captured = b.capture(order) })
			both.Go(func() { voided = b.void(order) })
			both.Wait()
			switch {
			case captured == nil && contract.Is(voided, paymentsv1.Reason_REASON_CAPTURED):
				b.is(order, paid)
			case voided == nil && contract.Is(captured, paymentsv1.Reason_REASON_VOIDED):
				b.is(order, letGo)
			default:
				t.Errorf("capture: got %v, void: got %v, want one of them to win", captured, voided)
			}
		}
	})
}
