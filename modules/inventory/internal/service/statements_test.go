package service

import (
	"context"
	"testing"

	inventoryv1 "galleria/modules/inventory/v1"

	"galleria/platform/database"
	"galleria/platform/database/databasetest"
)

func TestNoMethodMakesMoreStatementsThanItsLinesNeed(t *testing.T) {
	each(t, func(t *testing.T, db *database.DB, s, _ *Service) {
		all := skus("sku", 200)
		ctx := context.Background()
		for _, c := range []struct {
			name string
			want int
			do   func() error
		}{
			{"SetStock of 200 skus", 1, func() error { s.shelve(t, 50, all...); return nil }},
			{"GetStock of 200 skus", 1, func() error {
				got, err := s.GetStock(ctx, &inventoryv1.GetStockRequest{Skus: all})
				if len(got.GetStock()) != 200 {
					t.Errorf("got %d skus, want 200", len(got.GetStock()))
				}
				return err
			}},
			{"Receive of 3 lines", 2, func() error {
				_, err := s.Receive(ctx, &inventoryv1.ReceiveRequest{IdempotencyKey: "k", Lines: []*inventoryv1.Line{
					{Sku: all[0], Quantity: 1}, {Sku: all[1], Quantity: 1}, {Sku: all[2], Quantity: 1},
				}})
				return err
			}},
			{"Reserve of 5 lines", 1 + 5, func() error { return s.tryReserve("order", 1, all[:5]...) }},
			{"Reserve repeated", 2, func() error { return s.tryReserve("order", 1, all[:5]...) }},
			{"Commit of 5 lines", 1 + 5, func() error { return s.tryCommit("order") }},
			{"Commit repeated", 2, func() error { return s.tryCommit("order") }},
			{"Release of 5 lines", 1 + 5, func() error { return s.tryRelease("order") }},
			{"Release repeated", 3, func() error { return s.tryRelease("order") }},
		} {
			var err error
			if got := databasetest.CountStatements(db, func() { err = c.do() }); err != nil || got != c.want {
				t.Errorf("%s: got %d statements and error %v, want %d and none", c.name, got, err, c.want)
			}
		}
	})
}
