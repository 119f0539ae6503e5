package paymentstest

import (
	"context"
	"errors"
	"testing"

	paymentsv1 "galleria/modules/payments/v1"
)

func voided(f *Fake, order string) error {
	_, err := f.Void(context.Background(), &paymentsv1.VoidRequest{OrderId: order})
	return err
}

func TestAFakeThatFailsDoesNoWork(t *testing.T) {
	f, away := NewFake(), Unavailable()
	f.Fail("Void", away)
	if err := voided(f, "order"); !errors.Is(err, away) || len(f.Payments()) != 0 {
		t.Errorf("got %v and payments %v, want %v and none", err, f.Payments(), away)
	}
	f.Heal()
	if err := voided(f, "order"); err != nil || len(f.Payments()) != 1 {
		t.Errorf("got %v and payments %v, want none and one", err, f.Payments())
	}
}

func TestAFakeThatLosesTheAnswerDoesTheWork(t *testing.T) {
	f, away := NewFake(), Unavailable()
	f.Lose("Void", away)
	if err := voided(f, "order"); !errors.Is(err, away) || len(f.Payments()) != 1 {
		t.Errorf("got %v and payments %v, want %v and one", err, f.Payments(), away)
	}
}

func TestAHookMayCallTheFake(t *testing.T) {
	f := NewFake()
	f.After("Void", func(context.Context) error {
		f.After("Void", nil)
		return voided(f, "another")
	})
	if err := voided(f, "order"); err != nil || len(f.Payments()) != 2 {
		t.Errorf("got %v and payments %v, want none and two", err, f.Payments())
	}
}
