package service

import (
	"context"
	"testing"
	"time"

	inventoryv1 "galleria/modules/inventory/v1"

	"galleria/platform/database"
	"galleria/platform/module/moduletest"
)

func TestWhatIsLongOverIsForgottenAndTheBooksStay(t *testing.T) {
	each(t, 1, func(t *testing.T, db *database.DB, s, _ *Service) {
		ctx := context.Background()
		rows := func(table string) (n int64) {
			if err := db.Read(ctx).Raw("SELECT COUNT(*) FROM " + table).Row().Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		s.shelve(t, 9, "lamp")
		for _, order := range []string{"shipped", "released", "open", "open-too"} {
			if err := s.tryKeep(order, 1, "lamp"); err != nil {
				t.Fatal(err)
			}
		}
		for _, err := range []error{s.tryShip("shipped", "s", 1, "lamp"), s.tryRelease("released"), s.tryHold("expired", 1, "lamp")} {
			if err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Receive(moduletest.Direct(ctx), &inventoryv1.ReceiveRequest{IdempotencyKey: "k", Lines: lines(1, "lamp")}); err != nil {
			t.Fatal(err)
		}
		now := time.Now()
		if n, err := s.store.Expire(ctx, now.Add(time.Hour), 10); err != nil || n != 1 {
			t.Fatalf("got %d expired, %v, want 1", n, err)
		}
		if n, err := s.store.Forget(ctx, now.Add(-time.Hour), 10); err != nil || n != 0 {
			t.Errorf("got %d forgotten, %v, want none: nothing is old", n, err)
		}
		if n, err := s.store.Forget(ctx, now.Add(2*time.Hour), 10); err != nil || n != 3 {
			t.Errorf("got %d forgotten, %v, want 3 orders", n, err)
		}
		for table, want := range map[string]int64{"holds": 2, "allocations": 2, "stock_requests": 0, "movements": 3, "levels": 1} {
			if got := rows(table); got != want {
				t.Errorf("%s: got %d rows, want %d", table, got, want)
			}
		}
		s.wantBalance(t)
	})
}
