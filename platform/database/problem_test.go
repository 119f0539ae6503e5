package database_test

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

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

// TestAServerThatTakesNoWritesSaysSo, whatever its reason, and although the statement failed
// rather than the transaction.
func TestAServerThatTakesNoWritesSaysSo(t *testing.T) {
	d := openPostgresNotes(t)
	for name, c := range map[string]struct{ statement, want string }{
		"is read-only":      {"SET TRANSACTION READ ONLY", "read-only"},
		"is full":           {"DO $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$", "No space left"},
		"lets it not write": {"DO $$ BEGIN RAISE EXCEPTION 'permission denied for table notes' USING ERRCODE = '42501'; END $$", "permission denied"},
	} {
		t.Run(name, func(t *testing.T) {
			for range 3 {
				err := d.Write(t.Context(), func(tx *gorm.DB) error {
					if err := tx.Exec(c.statement).Error; err != nil {
						return err
					}
					return insert(name)(tx)
				})
				if err == nil {
					t.Fatal("it was written")
				}
			}
			if err := d.WriteProblem(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got problem %v, want one with %q", err, c.want)
			}
			if err := d.Write(t.Context(), insert(name)); err != nil {
				t.Fatal(err)
			}
			if err := d.WriteProblem(); err != nil {
				t.Errorf("after a write: got problem %v, want none", err)
			}
		})
	}
}

// TestADatabaseWhoseFileIsLockedSaysSo though its callers have left before the lock could
// be had, and is well again with the lock, though none calls.
func TestADatabaseWhoseFileIsLockedSaysSo(t *testing.T) {
	db, unlock := locked(t)
	ctx, leave := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer leave()
	if err := db.Write(ctx, func(*gorm.DB) error { return nil }); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v, want the caller's own deadline", err)
	}
	until := func(ill bool) error {
		t.Helper()
		for patience := time.Now().Add(10 * time.Second); time.Now().Before(patience); time.Sleep(time.Millisecond) {
			if err := db.WriteProblem(); (err != nil) == ill {
				return err
			}
		}
		t.Fatalf("got problem %v after 10 seconds", db.WriteProblem())
		return nil
	}
	if err := until(true); !strings.Contains(err.Error(), "database is locked") {
		t.Errorf("got problem %v, want one that names the lock", err)
	}
	unlock()
	until(false)
	if err := db.Write(t.Context(), func(*gorm.DB) error { return nil }); err != nil {
		t.Errorf("with the lock free: %v", err)
	}
}

func TestAWriteDoesNotWaitForTheLockInPlaceOfOthersThatLeft(t *testing.T) {
	db, unlock := locked(t)
	var left, stayed sync.WaitGroup
	write := func(ctx context.Context, group *sync.WaitGroup, want error) {
		group.Go(func() {
			if err := db.Write(ctx, func(*gorm.DB) error { return nil }); !errors.Is(err, want) {
				t.Errorf("got %v, want %v", err, want)
			}
		})
	}
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	write(ctx, &left, context.Canceled)
	database.AwaitLocked(db)
	const others = 30
	for range others {
		write(ctx, &left, context.Canceled)
	}
	database.AwaitQueue(db, others)
	write(t.Context(), &stayed, nil)
	database.AwaitQueue(db, others+1)
	leave()
	left.Wait()
	before := database.Locked(db)
	database.AwaitTaken(db)
	if n := database.Locked(db) - before; n >= others {
		t.Errorf("the lock was tried %d times until it was the turn of the write that stayed, want none for the %d that left", n, others)
	}
	unlock()
	stayed.Wait()
}

// locked is a database whose file another process has locked, until unlock. It waits for
// the lock for a moment only.
func locked(t *testing.T) (db *database.DB, unlock func()) {
	t.Helper()
	dir := t.TempDir()
	db, err := database.Open(t.Context(), database.Options{Module: "alpha", Dir: dir, Migrations: fstest.MapFS{
		"0001_rows.sql": {Data: []byte("-- +goose Up\nCREATE TABLE rows (text TEXT NOT NULL);\n")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close(context.Background()) })
	if err := db.Write(t.Context(), func(tx *gorm.DB) error { return tx.Exec("PRAGMA busy_timeout = 100").Error }); err != nil {
		t.Fatal(err)
	}
	other, err := sql.Open("sqlite3", filepath.Join(dir, "alpha.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { other.Close() })
	other.SetMaxOpenConns(1)
	run := func(statement string) {
		t.Helper()
		if _, err := other.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	run("BEGIN IMMEDIATE")
	return db, func() { run("ROLLBACK") }
}
