package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"galleria/migrations"
	"galleria/modules/pricing/internal/promotion"
	"galleria/modules/pricing/internal/store"
	"galleria/platform/database"
	"galleria/platform/database/databasetest"
)

// TestOldRedemptionsAreDeletedAndOthersStay: those of orders by their last change, and
// who used a promotion after that has ended; in batches, and not twice.
func TestOldRedemptionsAreDeletedAndOthersStay(t *testing.T) {
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) {
		o.Module, o.Migrations = "pricing", migrations.For("pricing")
		db := databasetest.Open(t, o)
		kept := store.New(db)
		ctx, now := t.Context(), time.Now().Truncate(time.Microsecond)
		long := now.Add(-10 * time.Hour)

		each := func(id string, ends time.Time) promotion.Promotion {
			p, problems := promotion.New(promotion.Terms{
				ID: id, Name: id, Kind: promotion.Percent, Millionths: 1, EndsAt: ends, Codes: []string{"CODE-" + id}, MaxEach: 1,
			})
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			return p
		}
		if _, err := kept.Upsert(ctx, []promotion.Promotion{each("ended", now.Add(-5*time.Hour)), each("running", time.Time{})}, now); err != nil {
			t.Fatal(err)
		}
		redeem := func(order, code, email string, at time.Time) error {
			return kept.Redeem(ctx, order, []string{code}, email, at)
		}
		const many = 501 // more than one batch
		for i := range many {
			if err := redeem(fmt.Sprintf("old-%d", i), "CODE-ended", fmt.Sprintf("%d@example.org", i), long); err != nil {
				t.Fatal(err)
			}
		}
		for order, at := range map[string]time.Time{"old": long, "given-back": long, "young": now.Add(-time.Hour)} {
			if err := redeem(order, "CODE-running", order+"@example.org", at); err != nil {
				t.Fatal(err)
			}
		}
		if err := kept.Unredeem(ctx, "given-back", now.Add(-2*time.Hour)); err != nil { // its last change
			t.Fatal(err)
		}

		expire := func(before time.Time, want int64) {
			t.Helper()
			if deleted, err := kept.Expire(ctx, before); err != nil || deleted != want {
				t.Errorf("got %d rows deleted and error %v, want %d", deleted, err, want)
			}
		}
		expire(long, 0) // nothing is older than that
		expire(now.Add(-6*time.Hour), many+1)
		expire(now.Add(-6*time.Hour), 0)
		expire(now.Add(-4*time.Hour), many) // customers of the promotion that has ended
		if err := redeem("given-back", "CODE-running", "x@example.org", now); !errors.Is(err, store.ErrGivenBack) {
			t.Errorf("an order that was given back lately: got %v, want that it is remembered", err)
		}
		if err := redeem("young", "CODE-running", "young@example.org", now); err != nil {
			t.Errorf("a young order again: got %v, want that it is remembered", err)
		}
		var usedUp *store.UsedUpError
		if err := redeem("again", "CODE-running", "old@example.org", now); !errors.As(err, &usedUp) {
			t.Errorf("another use by a customer of a running promotion: got %v, want that it is used up", err)
		}
	})
}
