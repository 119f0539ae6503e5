package inventorytest

import (
	"context"
	"errors"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	inventoryv1 "galleria/modules/inventory/v1"

	"galleria/platform/module/moduletest"
)

func available(t *testing.T, f *Fake) int64 {
	t.Helper()
	r, err := f.GetLevels(t.Context(), &inventoryv1.GetLevelsRequest{Skus: []string{"mug"}})
	if err != nil || len(r.GetLevels()) != 1 {
		t.Fatalf("got %v, %v, want the level of the mug", r, err)
	}
	return r.GetLevels()[0].GetAvailable()
}

func withMugs(t *testing.T) (*Fake, func(order string) error) {
	t.Helper()
	f := NewFake(t)
	r := &inventoryv1.SetLevelsRequest{Levels: []*inventoryv1.SetLevelsRequest_Count{{Sku: "mug", OnHand: 5}}}
	if _, err := f.SetLevels(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	return f, func(order string) error {
		_, err := f.Allocate(t.Context(), &inventoryv1.AllocateRequest{
			OrderId: order, Lines: []*inventoryv1.Line{line("mug", 1)}, Hold: durationpb.New(time.Minute),
		})
		return err
	}
}

func TestAFakeThatFailsDoesNoWork(t *testing.T) {
	f, allocate := withMugs(t)
	away := moduletest.Unavailable("inventory")
	f.Fail("Allocate", away)
	if err := allocate("order"); !errors.Is(err, away) || available(t, f) != 5 {
		t.Errorf("got %v and %d mugs, want %v and 5", err, available(t, f), away)
	}
	f.Fail("Allocate", nil)
	if err := allocate("order"); err != nil || available(t, f) != 4 {
		t.Errorf("got %v and %d mugs, want none and 4", err, available(t, f))
	}
}

func TestAFakeThatLosesTheAnswerDoesTheWork(t *testing.T) {
	f, allocate := withMugs(t)
	away := moduletest.Unavailable("inventory")
	f.Lose("Allocate", away)
	if err := allocate("order"); !errors.Is(err, away) || available(t, f) != 4 {
		t.Errorf("got %v and %d mugs, want %v and 4", err, available(t, f), away)
	}
	f.Heal()
	if err := allocate("order"); err != nil || available(t, f) != 4 {
		t.Errorf("repeated: got %v and %d mugs, want none and 4", err, available(t, f))
	}
}

func TestAHookMayCallTheFake(t *testing.T) {
	f, allocate := withMugs(t)
	f.Before("Allocate", func(context.Context) error {
		f.Before("Allocate", nil)
		return allocate("another")
	})
	if err := allocate("order"); err != nil || available(t, f) != 3 {
		t.Errorf("got %v and %d mugs, want none and 3", err, available(t, f))
	}
}

func TestAFakesHoldsEndByItsClock(t *testing.T) {
	f, allocate := withMugs(t)
	if err := allocate("order"); err != nil || available(t, f) != 4 {
		t.Fatalf("got %v and %d mugs, want none and 4", err, available(t, f))
	}
	f.Now = func() time.Time { return time.Now().Add(2 * time.Minute) }
	if got := available(t, f); got != 5 {
		t.Errorf("after the hold: got %d mugs, want 5", got)
	}
}
