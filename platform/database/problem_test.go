package database_test

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"gorm.io/gorm"

	"galleria/platform/database"
)

func TestADatabaseThatTakesNoWritesSaysSo(t *testing.T) {
	db, err := database.Open(t.Context(), database.Options{Module: "alpha", Dir: t.TempDir(), Migrations: fstest.MapFS{
		"0001_rows.sql": {Data: []byte("-- +goose Up\nCREATE TABLE rows (text TEXT NOT NULL);\n")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(t.Context())
	limit := func(pages int) {
		t.Helper()
		if err := db.Write(t.Context(), func(tx *gorm.DB) error { return tx.Exec("PRAGMA max_page_count = " + strings.Repeat("9", pages)).Error }); err != nil {
			t.Fatal(err)
		}
	}
	write := func() error {
		return db.Write(t.Context(), func(tx *gorm.DB) error {
			return tx.Exec("INSERT INTO rows (text) VALUES (?)", strings.Repeat("x", 100<<10)).Error
		})
	}
	refusal := errors.New("not this one")
	for range 5 {
		if err := db.Write(t.Context(), func(*gorm.DB) error { return refusal }); !errors.Is(err, refusal) {
			t.Fatalf("got %v, want the function's own error", err)
		}
	}
	if err := db.WriteProblem(); err != nil {
		t.Errorf("functions that refused: got problem %v, want none", err)
	}

	limit(1) // nine pages: fewer than there are, so none can be added
	for range 3 {
		if err := write(); err == nil {
			t.Fatal("wrote into a full database")
		}
	}
	if err := db.WriteProblem(); err == nil || !strings.Contains(err.Error(), "full") {
		t.Errorf("a full database: got problem %v, want one that says so", err)
	}
	limit(6)
	if err := write(); err != nil {
		t.Fatal(err)
	}
	if err := db.WriteProblem(); err != nil {
		t.Errorf("with room again: got problem %v, want none", err)
	}
}
