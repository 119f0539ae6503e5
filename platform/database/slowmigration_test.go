package database_test

import (
	"testing"
	"testing/fstest"
	"time"

	"galleria/platform/database"
	"galleria/platform/database/databasetest"
)

// A migration may take longer than all else of an opening: interrupted, it would begin anew at
// each attempt, and the module would never be there.
func TestAMigrationTakesTheTimeItNeeds(t *testing.T) {
	o := databasetest.Postgres(t)
	o.Migrations = fstest.MapFS{"0001_slow.sql": &fstest.MapFile{Data: []byte("-- +goose Up\nSELECT pg_sleep(3);\nCREATE TABLE notes (id TEXT);\n")}}
	o.OpenWithin = 2 * time.Second
	d, err := database.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close(background)
	var n int64
	if err := d.Read(t.Context()).Raw("SELECT COUNT(*) FROM notes").Scan(&n).Error; err != nil || n != 0 {
		t.Errorf("got %d rows, %v; want an empty table", n, err)
	}
}
