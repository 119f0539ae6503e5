package service

import (
	"context"
	"testing"
	"time"

	paymentsv1 "galleria/modules/payments/v1"

	"galleria/modules/payments/internal/testcard"
	"galleria/platform/contract"
)

func TestStepsLeftOpenByAnAbsentProviderAreEndedWhenItIsBack(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.authorized("to-capture")
		b.authorized("to-void")
		b.captured("to-refund")
		b.away.Store(true)
		for name, err := range map[string]error{"capture": b.capture("to-capture"), "void": b.void("to-void"), "refund": b.refund("to-refund", "key", 400)} {
			if !contract.Is(err, paymentsv1.Reason_REASON_PROVIDER_UNAVAILABLE) {
				t.Errorf("%s: got %v, want unavailable", name, err)
			}
		}
		b.recover(16 * time.Second)
		b.away.Store(false)
		b.recover(time.Second) // put off: it is too early to ask again
		p, err := b.service.Store.Load(context.Background(), "to-void")
		if b.works(err); p.State().Open == "" {
			t.Error("the recovery asked again at once, want it to wait")
		}
		b.recover(20 * time.Second)
		b.is("to-capture", paid)
		b.is("to-void", letGo)
		b.is("to-refund", someBack)
	})
}

func TestRecoveryLeavesFreshStepsToTheirCallers(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.authorized("order")
		b.dies("capture intended", func() { b.capture("order") })
		b.recover(5 * time.Second)
		p, err := b.service.Store.Load(context.Background(), "order")
		if b.works(err); p.State().Open == "" {
			t.Error("the recovery ended a step of five seconds, want it left to its caller")
		}
	})
}

func TestACardThatLosesTheCaptureIsRecovered(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.works(b.authorize("order", b.method(testcard.NumberLostCapture)))
		if err := b.capture("order"); !contract.Is(err, paymentsv1.Reason_REASON_PROVIDER_UNAVAILABLE) {
			t.Fatalf("got %v, want unavailable", err)
		}
		b.recover(16 * time.Second)
		b.is("order", paid)
	})
}

func TestRecoverEndsWithItsContext(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := b.service.Recover(ctx, time.Hour); err == nil {
			t.Error("got no error, want the context's")
		}
	})
}
