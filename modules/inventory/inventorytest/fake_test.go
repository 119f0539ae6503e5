package inventorytest

import (
	"context"
	"errors"
	"testing"

	inventoryv1 "galleria/modules/inventory/v1"
)

func onHand(t *testing.T, f *Fake) int64 {
	t.Helper()
	r, err := f.GetStock(t.Context(), &inventoryv1.GetStockRequest{Skus: []string{"mug"}})
	if err != nil || len(r.GetStock()) != 1 {
		t.Fatalf("got %v, %v, want the books of the mug", r, err)
	}
	return r.GetStock()[0].GetOnHand()
}

func withMugs(t *testing.T) (*Fake, func(order string) error) {
	t.Helper()
	f := NewFake()
	r := &inventoryv1.SetStockRequest{Levels: []*inventoryv1.SetStockRequest_Level{{Sku: "mug", OnHand: 5}}}
	if _, err := f.SetStock(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	return f, func(order string) error {
		_, err := f.Reserve(t.Context(), &inventoryv1.ReserveRequest{OrderId: order, Lines: []*inventoryv1.Line{line("mug", 1)}})
		return err
	}
}

func TestAFakeThatFailsDoesNoWork(t *testing.T) {
	f, reserve := withMugs(t)
	away := Unavailable()
	f.Fail("Reserve", away)
	if err := reserve("order"); !errors.Is(err, away) || onHand(t, f) != 5 {
		t.Errorf("got %v and %d mugs, want %v and 5", err, onHand(t, f), away)
	}
	f.Fail("Reserve", nil)
	if err := reserve("order"); err != nil || onHand(t, f) != 4 {
		t.Errorf("got %v and %d mugs, want none and 4", err, onHand(t, f))
	}
}

func TestAFakeThatLosesTheAnswerDoesTheWork(t *testing.T) {
	f, reserve := withMugs(t)
	away := Unavailable()
	f.Lose("Reserve", away)
	if err := reserve("order"); !errors.Is(err, away) || onHand(t, f) != 4 {
		t.Errorf("got %v and %d mugs, want %v and 4", err, onHand(t, f), away)
	}
	f.Heal()
	if err := reserve("order"); err != nil || onHand(t, f) != 4 {
		t.Errorf("repeated: got %v and %d mugs, want none and 4", err, onHand(t, f))
	}
}

func TestAHookMayCallTheFake(t *testing.T) {
	f, reserve := withMugs(t)
	f.Before("Reserve", func(context.Context) error {
		f.Before("Reserve", nil)
		return reserve("another")
	})
	if err := reserve("order"); err != nil || onHand(t, f) != 3 {
		t.Errorf("got %v and %d mugs, want none and 3", err, onHand(t, f))
	}
}
