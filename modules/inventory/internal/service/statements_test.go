package service

import (
	"context"
	"testing"

	inventoryv1 "galleria/modules/inventory/v1"

	"galleria/platform/database"
	"galleria/platform/database/databasetest"
	"galleria/platform/module/moduletest"
)

func TestNoMethodMakesMoreStatementsThanItsLinesNeed(t *testing.T) {
	each(t, 1, func(t *testing.T, db *database.DB, s, _ *Service) {
		all := skus("sku", 200)
		ctx := context.Background()
		for _, c := range []struct {
			name string
			want int
			do   func() error
		}{
			{"SetLevels of 200 skus", 2, func() error { s.shelve(t, 50, all...); return nil }},
			{"SetLevels repeated", 1, func() error { s.shelve(t, 50, all...); return nil }},
			{"GetLevels of 200 skus", 1, func() error {
				got, err := s.GetLevels(ctx, &inventoryv1.GetLevelsRequest{Skus: all})
				if len(got.GetLevels()) != 200 {
					t.Errorf("got %d levels, want 200", len(got.GetLevels()))
				}
				return err
			}},
			{"Receive of 3 lines", 3, func() error {
				_, err := s.Receive(moduletest.Direct(ctx), &inventoryv1.ReceiveRequest{IdempotencyKey: "k", Lines: lines(1, all[:3]...)})
				return err
			}},
			{"Allocate of 5 lines", 1 + 5 + 1, func() error { return s.tryHold("order", 1, all[:5]...) }},
			{"Allocate repeated", 2, func() error { return s.tryHold("order", 1, all[:5]...) }},
			{"Allocate without end", 1, func() error { return s.tryKeep("order", 1, all[:5]...) }},
			{"Ship of 2 lines", 1 + 1 + 1 + 2 + 1 + 2 + 1, func() error { return s.tryShip("order", "s", 1, all[:2]...) }},
			{"Ship repeated", 2, func() error { return s.tryShip("order", "s", 1, all[:2]...) }},
			{"Release of the 3 others", 1 + 1 + 1 + 3, func() error { return s.tryRelease("order") }},
			{"Release repeated", 3, func() error { return s.tryRelease("order") }},
		} {
			var err error
			if got := databasetest.CountStatements(db, func() { err = c.do() }); err != nil || got != c.want {
				t.Errorf("%s: got %d statements and error %v, want %d and none", c.name, got, err, c.want)
			}
		}
	})
}
