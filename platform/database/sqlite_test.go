package database_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"gorm.io/gorm"

	"galleria/platform/database"
	"galleria/platform/database/databasetest"
)

func openNotes(t testing.TB) *database.DB {
	t.Helper()
	o := databasetest.SQLite(t)
	o.Migrations = notes
	return databasetest.Open(t, o)
}

func refuseRenamed(t *testing.T, o database.Options) {
	d := databasetest.Open(t, o)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(o.Dir, "test.db"), filepath.Join(o.Dir, "other.db")); err != nil {
		t.Fatal(err)
	}
	o.Module, o.Migrations = "other", notes
	_, err := database.Open(background, o)
	if err == nil || !strings.Contains(err.Error(), `belongs to module "test"`) {
		t.Errorf("got %v, want a refusal that names the owner", err)
	}
}

// Every mode survives a kill; only FULL survives the loss of power, and no
// test can pull the plug.
func TestWriterSyncsEveryCommit(t *testing.T) {
	d := openNotes(t)
	err := d.Write(background, func(tx *gorm.DB) error {
		for pragma, want := range map[string]string{
			"synchronous": "2", "journal_mode": "wal", "foreign_keys": "1", "busy_timeout": "5000",
		} {
			var got string
			if err := tx.Raw("PRAGMA " + pragma).Scan(&got).Error; err != nil {
				return err
			}
			if got != want {
				t.Errorf("%s: got %s, want %s", pragma, got, want)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// together runs fns so that they wait at the same time, in this order, and
// returns what each Write returned. before runs while they wait.
func together(t *testing.T, d *database.DB, before func(), fns ...func(tx *gorm.DB) error) []error {
	t.Helper()
	results := make([]error, len(fns))
	inside, finish := make(chan struct{}), make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() {
		// It writes nothing and so is not part of what is tested.
		_ = d.Write(background, func(*gorm.DB) error { close(inside); <-finish; return errors.New("undo") })
	})
	<-inside
	for i, fn := range fns {
		wait.Go(func() { results[i] = d.Write(background, fn) })
		database.AwaitQueue(d, i+1)
	}
	if before != nil {
		before()
	}
	close(finish)
	wait.Wait()
	return results
}

func TestWritesThatWaitShareACommit(t *testing.T) {
	d := openNotes(t)
	seen := -1
	results := together(t, d, nil,
		insert("a"), insert("b"), insert("c"),
		func(tx *gorm.DB) error { seen = count(t, d); return insert("d")(tx) })
	if err := errors.Join(results...); err != nil {
		t.Fatal(err)
	}
	if seen != 0 {
		t.Errorf("rows committed before the last function ran: got %d, want 0", seen)
	}
	if got := count(t, d); got != 4 {
		t.Errorf("got %d rows, want 4", got)
	}
}

func TestFailureInABatchUndoesOnlyItself(t *testing.T) {
	failing := func(id string, end func() error) func(tx *gorm.DB) error {
		return func(tx *gorm.DB) error { return errors.Join(insert(id)(tx), end()) }
	}
	o := databasetest.SQLite(t)
	o.Migrations, o.Log = notes, slog.New(slog.DiscardHandler)
	d := databasetest.Open(t, o)
	results := together(t, d, nil,
		failing("first", func() error { return errors.New("no") }),
		insert("a"),
		failing("middle", func() error { panic("no") }),
		insert("b"),
		insert("a"), // violates the primary key
		failing("last", func() error { return errors.New("no") }))
	for i, wantOK := range []bool{false, true, false, true, false, false} {
		if (results[i] == nil) != wantOK {
			t.Errorf("write %d: got %v, want success %t", i, results[i], wantOK)
		}
	}
	var got []string
	if err := d.Read(background).Raw("SELECT id FROM notes ORDER BY id").Scan(&got).Error; err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(got) != "[a b]" {
		t.Errorf("got rows %v, want [a b]", got)
	}
}

func TestFailedCommitFailsTheWholeBatch(t *testing.T) {
	o := databasetest.SQLite(t)
	o.Log = slog.New(slog.DiscardHandler)
	o.Migrations = fstest.MapFS{"0001_notes.sql": {Data: []byte(`-- +goose Up
CREATE TABLE notes (id TEXT PRIMARY KEY, amount BIGINT NOT NULL);
CREATE TABLE parts (note TEXT REFERENCES notes (id) DEFERRABLE INITIALLY DEFERRED);
`)}}
	d := databasetest.Open(t, o)
	results := together(t, d, nil, insert("a"),
		func(tx *gorm.DB) error { return tx.Exec("INSERT INTO parts (note) VALUES ('missing')").Error })
	for i, err := range results {
		if !errors.Is(err, database.ErrUncertain) {
			t.Errorf("write %d: got %v, want ErrUncertain", i, err)
		}
	}
	if got := count(t, d); got != 0 {
		t.Errorf("got %d rows, want none", got)
	}
	if err := d.Write(background, insert("after")); err != nil {
		t.Errorf("write after a failed commit: %v", err)
	}
}

func TestFunctionThatEndsTheTransactionFailsTheBatch(t *testing.T) {
	o := databasetest.SQLite(t)
	o.Migrations, o.Log = notes, slog.New(slog.DiscardHandler)
	d := databasetest.Open(t, o)
	results := together(t, d, nil, insert("a"),
		func(tx *gorm.DB) error { return tx.Exec("ROLLBACK").Error },
		insert("b"))
	if !errors.Is(results[0], database.ErrUncertain) || !errors.Is(results[1], database.ErrUncertain) {
		t.Errorf("got %v, %v; want ErrUncertain for both", results[0], results[1])
	}
	if results[2] != nil {
		t.Errorf("the next batch: %v", results[2])
	}
	if got := count(t, d); got != 1 {
		t.Errorf("got %d rows, want 1", got)
	}
}

func TestContextThatEndsInTheQueueWritesNothing(t *testing.T) {
	d := openNotes(t)
	ctx, cancel := context.WithCancel(background)
	ran := false
	together(t, d, func() {
		result := make(chan error)
		go func() { result <- d.Write(ctx, func(*gorm.DB) error { ran = true; return nil }) }()
		database.AwaitQueue(d, 2)
		cancel()
		if err := <-result; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
	}, insert("a"))
	if ran {
		t.Error("the function ran although Write had returned")
	}
	if got := count(t, d); got != 1 {
		t.Errorf("got %d rows, want that of the neighbour", got)
	}
}

func TestManyWritersLoseNothing(t *testing.T) {
	d := openNotes(t)
	const writers, each = 32, 25
	var wait sync.WaitGroup
	for w := range writers {
		wait.Go(func() {
			for i := range each {
				fn := insert(fmt.Sprintf("%d/%d", w, i))
				if i%5 == 0 {
					fn = func(tx *gorm.DB) error {
						_ = insert(fmt.Sprintf("%d/%d", w, i))(tx)
						return errors.New("undo")
					}
				}
				if err := d.Write(background, fn); (err == nil) != (i%5 != 0) {
					t.Errorf("%d/%d: %v", w, i, err)
				}
			}
		})
	}
	wait.Wait()
	if got, want := count(t, d), writers*each*4/5; got != want {
		t.Errorf("got %d rows, want %d", got, want)
	}
}

func TestTwoProcessesWriteTheSameFile(t *testing.T) {
	o := databasetest.SQLite(t)
	o.Migrations = notes
	const rows = 150
	// All three make the new database at the same moment.
	one, two := writeInOtherProcess(t, o.Dir, rows), writeInOtherProcess(t, o.Dir, rows)
	d := databasetest.Open(t, o)
	for i := range rows {
		if err := d.Write(background, insert(fmt.Sprintf("self/%d", i))); err != nil {
			t.Error(err)
			break
		}
	}
	if err := errors.Join(one.Wait(), two.Wait()); err != nil {
		t.Fatal(err)
	}
	if got := count(t, d); got != 3*rows {
		t.Errorf("got %d rows, want %d", got, 3*rows)
	}
}

func TestCloseLeavesOneCompleteFile(t *testing.T) {
	o := databasetest.SQLite(t)
	o.Migrations = notes
	d := databasetest.Open(t, o)
	if err := d.Write(background, insert("a")); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(o.Dir, "test.db-wal")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("write-ahead log after Close: got %v, want none", err)
	}
}

// Readers that overlap without end keep SQLite from starting the log anew.
func TestLogStaysBoundedUnderReaders(t *testing.T) {
	o := databasetest.SQLite(t)
	o.Migrations = notes
	d := databasetest.Open(t, o)
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					count(t, d)
				}
			}
		})
	}
	defer readers.Wait()
	defer close(stop)
	blob := strings.Repeat("x", 1<<20)
	for i := range 160 {
		err := d.Write(background, func(tx *gorm.DB) error {
			return tx.Exec("INSERT INTO notes (id, amount) VALUES (?, 1) ON CONFLICT (id) DO NOTHING", fmt.Sprint(i)+blob).Error
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(filepath.Join(o.Dir, "test.db-wal"))
	if err != nil {
		t.Fatal(err)
	}
	if limit := int64(96 << 20); info.Size() > limit {
		t.Errorf("write-ahead log: got %d MiB after writing 320 MiB, want at most %d", info.Size()>>20, limit>>20)
	}
}

// Interrupting a statement would make SQLite roll back the whole batch.
func TestContextThatEndsInABatchDisturbsNobody(t *testing.T) {
	d := openNotes(t)
	ctx, cancel := context.WithCancel(background)
	defer cancel()
	results := together(t, d, nil,
		insert("a"),
		func(tx *gorm.DB) error {
			tx = tx.WithContext(ctx)
			if err := insert("b")(tx); err != nil {
				return err
			}
			cancel()
			return insert("c")(tx)
		},
		insert("d"))
	if err := errors.Join(results...); err != nil {
		t.Error(err)
	}
	if got := count(t, d); got != 4 {
		t.Errorf("got %d rows, want 4", got)
	}
}
