package paymentstest

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	paymentsv1 "galleria/modules/payments/v1"

	"galleria/platform/contract"
)

func serving(t *testing.T) *Fake {
	f := NewFake()
	f.Serve(t, slog.New(slog.DiscardHandler))
	return f
}

// cancelled is an id that is remembered as cancelled: a piece of work.
func cancelled(f *Fake, id string) error {
	_, err := f.CancelPayment(context.Background(), &paymentsv1.CancelPaymentRequest{PaymentId: id})
	return err
}

func wantKnown(t *testing.T, f *Fake, id string, want bool) {
	t.Helper()
	_, err := f.GetPayment(t.Context(), &paymentsv1.GetPaymentRequest{PaymentId: id})
	if known := err == nil; known != want || !known && !contract.Is(err, paymentsv1.Reason_REASON_NO_PAYMENT) {
		t.Errorf("payment %s: got %v, want it known: %t", id, err, want)
	}
}

func TestAFakeThatFailsDoesNoWork(t *testing.T) {
	f, away := serving(t), Unavailable()
	f.Fail("CancelPayment", away)
	if err := cancelled(f, "p"); !errors.Is(err, away) {
		t.Errorf("got %v, want %v", err, away)
	}
	wantKnown(t, f, "p", false)
	f.Heal()
	if err := cancelled(f, "p"); err != nil {
		t.Errorf("got %v, want none", err)
	}
	wantKnown(t, f, "p", true)
}

func TestAFakeThatLosesTheAnswerDoesTheWork(t *testing.T) {
	f, away := serving(t), Unavailable()
	f.Lose("CancelPayment", away)
	if err := cancelled(f, "p"); !errors.Is(err, away) {
		t.Errorf("got %v, want %v", err, away)
	}
	wantKnown(t, f, "p", true)
}

func TestAHookMayCallTheFake(t *testing.T) {
	f := serving(t)
	f.After("CancelPayment", func(context.Context) error {
		f.After("CancelPayment", nil)
		return cancelled(f, "another")
	})
	if err := cancelled(f, "p"); err != nil {
		t.Errorf("got %v, want none", err)
	}
	wantKnown(t, f, "p", true)
	wantKnown(t, f, "another", true)
}
