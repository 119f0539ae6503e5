package store

import (
	"strings"
	"testing"

	"galleria/migrations"
	"galleria/platform/database/databasetest"
)

func TestWhatChangedIsLookedUpAndNotSearchedInAllProducts(t *testing.T) {
	o := databasetest.SQLite(t)
	o.Migrations = migrations.For("catalog")
	db := databasetest.Open(t, o)
	for _, query := range []string{changedProducts, changedVariants} {
		var steps []struct{ Detail string }
		if err := db.Read(t.Context()).Raw("EXPLAIN QUERY PLAN "+query, 7).Scan(&steps).Error; err != nil {
			t.Fatal(err)
		}
		for _, s := range steps {
			if strings.HasPrefix(s.Detail, "SCAN") {
				t.Errorf("%s\nreads a whole table: %s", query, s.Detail)
			}
		}
		if len(steps) == 0 {
			t.Errorf("%s: got no plan", query)
		}
	}
}
