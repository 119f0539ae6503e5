package database_test

import (
	"testing"

	"galleria/platform/database"
	"galleria/platform/database/databasetest"
)

func TestADatabaseTellsItsSizeAndItsLastMigration(t *testing.T) {
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) {
		o.Migrations = notes
		size, err := databasetest.Open(t, o).Size(t.Context())
		if err != nil || size.Bytes < 4096 || size.Schema != 1 {
			t.Errorf("got %+v and %v, want some pages and migration 1", size, err)
		}
	})
}
