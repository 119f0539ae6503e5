package store

import (
	"slices"
	"testing"
	"time"

	"gorm.io/gorm"

	"galleria/migrations"
	"galleria/modules/inventory/internal/stock"
	"galleria/platform/database"
	"galleria/platform/database/databasetest"
)

// All who change levels take them in one order, also on a server whose language has another:
// else they wait for each other in a ring, until the server ends one of them.
func TestLevelsAreTakenByBytesWhateverTheDatabaseSortsBy(t *testing.T) {
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) {
		o.Module, o.Migrations = "inventory", migrations.For("inventory")
		db := databasetest.Open(t, o)
		s, now := New(db, 1, 0), time.Now()
		var counts []stock.Count
		var lines []stock.Line
		for _, sku := range []string{"MUG10", "MUG_2", "mug", "MUGX"} {
			for _, location := range []string{"zoo", "Berlin", "attic", stock.Main} {
				counts = append(counts, stock.Count{SKU: sku, Location: location, OnHand: 1})
			}
			lines = append(lines, stock.Line{SKU: sku, Quantity: 4})
		}
		if err := s.SetLevels(t.Context(), counts, stock.Origin{At: now}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Allocate(t.Context(), stock.Allocation{OrderID: "order", Lines: stock.Sum(lines)}, now); err != nil {
			t.Fatal(err)
		}
		if db.Dialect() == "postgres" {
			var other bool
			if err := db.Read(t.Context()).Raw("SELECT 'MUG_2' < 'MUG10'").Scan(&other).Error; err != nil || !other {
				t.Fatalf("the tests' server sorts by bytes (%v), so that this test could not fail", err)
			}
		}
		err := db.Write(t.Context(), func(tx *gorm.DB) error {
			kept, err := keptFor(tx, "order")
			if err != nil {
				return err
			}
			if len(kept) != len(counts) || !slices.IsSortedFunc(kept, comparePortions) {
				t.Errorf("what is kept for an order is taken as %v", kept)
			}
			there, _, err := s.locked(tx, "MUG10")
			if len(there) != 4 || !slices.IsSortedFunc(there, comparePortions) {
				t.Errorf("the locations of a sku are taken as %v", there)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
