package service

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"

	inventoryv1 "galleria/modules/inventory/v1"

	"galleria/platform/database"
	"galleria/platform/id"
	"galleria/platform/module/moduletest"
)

// lowAt is the level to warn at in these tests.
const lowAt = 5

// published are the StockLow that wait for the relay, as "sku available", in order.
func published(t *testing.T, db *database.DB) []string {
	t.Helper()
	var payloads []string
	if err := db.Read(t.Context()).Raw("SELECT payload FROM outbox WHERE type = 'inventory.v1.StockLow' ORDER BY seq").Scan(&payloads).Error; err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, payload := range payloads {
		var e inventoryv1.StockLow
		if err := protojson.Unmarshal([]byte(payload), &e); err != nil {
			t.Fatal(err)
		}
		if e.GetLowAt() != lowAt || e.GetAt() == nil {
			t.Errorf("got %v, want the level %d that was set and a time", &e, lowAt)
		}
		all = append(all, fmt.Sprint(e.GetSku(), " ", e.GetAvailable()))
	}
	return all
}

func (s *Service) adjustBy(t failer, by int64, sku, location string) {
	t.Helper()
	reason := inventoryv1.AdjustReason_ADJUST_REASON_LOSS
	if by > 0 {
		reason = inventoryv1.AdjustReason_ADJUST_REASON_FOUND
	}
	_, err := s.Adjust(moduletest.Direct(context.Background()), &inventoryv1.AdjustRequest{Sku: sku, Location: location, By: by, Reason: reason, IdempotencyKey: id.New()})
	if err != nil {
		t.Fatal(err)
	}
}

func TestStockLowIsToldOncePerFall(t *testing.T) {
	each(t, 1, func(t *testing.T, db *database.DB, s, _ *Service) {
		allocate := func(order string, quantity int64, skus ...string) {
			t.Helper()
			if err := s.tryHold(order, quantity, skus...); err != nil {
				t.Fatal(err)
			}
		}
		var want []string
		step := func(what string, do func(), told ...string) {
			t.Helper()
			do()
			want = append(want, told...)
			if got := published(t, db); !slices.Equal(got, want) {
				t.Fatalf("%s: got %q, want %q", what, got, want)
			}
		}
		step("the first count, low as it is", func() { s.shelve(t, 8, "mug"); s.shelve(t, 3, "tea") })
		step("sold, and above", func() { allocate("a", 2, "mug") })
		step("sold, to the level", func() { allocate("b", 1, "mug") }, "mug 5")
		step("the same call again", func() { allocate("b", 1, "mug") })
		step("sold, and low before", func() { allocate("c", 1, "mug", "tea") })
		step("sent: what is available stays", func() {
			if err := s.tryShip("a", "ship", 2, "mug"); err != nil {
				t.Fatal(err)
			}
		})
		step("risen to the level, and fallen", func() { s.adjustBy(t, 1, "mug", ""); s.adjustBy(t, -1, "mug", "") })
		step("given back: risen above", func() {
			for _, order := range []string{"b", "c"} {
				if err := s.tryRelease(order); err != nil {
					t.Fatal(err)
				}
			}
		})
		step("lost", func() { s.adjustBy(t, -3, "mug", "") }, "mug 3")
		step("counted: more, and then none", func() { s.shelve(t, 20, "mug"); s.shelve(t, 0, "mug", "tea") }, "mug 0")
		step("at two places: the one falls, the sum does not", func() {
			s.adjustBy(t, 9, "lamp", "")
			s.adjustBy(t, 9, "lamp", "cellar")
			allocate("d", 9, "lamp")
		})
		step("at two places: the sum falls", func() { allocate("e", 4, "lamp") }, "lamp 5")
	})
}

func TestAFailedTransactionTellsNoStockLow(t *testing.T) {
	each(t, 1, func(t *testing.T, db *database.DB, s, _ *Service) {
		s.shelve(t, 6, "mug")
		s.shelve(t, 1, "tea")
		if err := s.tryHold("a", 2, "mug", "tea"); err == nil {
			t.Fatal("got no error, want the tea short")
		}
		if got := published(t, db); len(got) != 0 {
			t.Errorf("got %q, want nothing told: nothing was taken", got)
		}
	})
}

// TestManyWhoTakeAtOnceTellOneStockLow takes from different locations in two processes;
// the sum passes the level in one of them only.
func TestManyWhoTakeAtOnceTellOneStockLow(t *testing.T) {
	each(t, 1, func(t *testing.T, db *database.DB, here, there *Service) {
		for round := range 10 {
			sku := fmt.Sprint("sku-", round)
			here.adjustBy(t, 8, sku, "")
			here.adjustBy(t, 8, sku, "cellar")
			var all sync.WaitGroup
			for range 7 {
				all.Go(func() { here.adjustBy(t, -1, sku, "") })
				all.Go(func() { there.adjustBy(t, -1, sku, "cellar") })
			}
			all.Wait()
			got := published(t, db)
			if want := sku + " 5"; len(got) != round+1 || got[round] != want {
				t.Fatalf("round %d: got %q, want %q once", round, got, want)
			}
		}
	})
}
