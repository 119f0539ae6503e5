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
	"time"

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
	if err := d.Close(background); err != nil {
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
	commitsBefore, writesBefore := d.Commits()
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
	commits, writes := d.Commits()
	if commits-commitsBefore != 1 || writes-writesBefore != 4 {
		t.Errorf("counted %d commits of %d writes, want 1 of 4", commits-commitsBefore, writes-writesBefore)
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

func TestFunctionThatEndsTheTransactionDeceivesNobody(t *testing.T) {
	rollback := func(tx *gorm.DB) error { return tx.Exec("ROLLBACK").Error }
	for name, fns := range map[string][]func(tx *gorm.DB) error{
		"first":  {rollback, insert("a"), insert("b")},
		"middle": {insert("a"), rollback, insert("b")},
		"last":   {insert("a"), insert("b"), rollback},
	} {
		t.Run(name, func(t *testing.T) {
			o := databasetest.SQLite(t)
			o.Migrations, o.Log = notes, slog.New(slog.DiscardHandler)
			d := databasetest.Open(t, o)
			acknowledged, failed := 0, 0
			for _, err := range together(t, d, nil, fns...) {
				switch {
				case err == nil:
					acknowledged++
				case errors.Is(err, database.ErrUncertain):
					failed++
				default:
					t.Errorf("got %v, want ErrUncertain", err)
				}
			}
			if failed == 0 {
				t.Error("the function that ended the transaction was not told")
			}
			if got := count(t, d); got != acknowledged {
				t.Errorf("got %d rows, and %d acknowledged", got, acknowledged)
			}
		})
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
	if err := d.Close(background); err != nil {
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
	for _, id := range []string{"a", "b"} {
		if err := d.Write(background, insert(id)); err != nil {
			t.Fatal(err)
		}
	}
	// look begins to read; what it returns ends that.
	look := func() (end func() error) {
		rows, err := d.Read(background).Raw("SELECT id FROM notes").Rows()
		if err != nil {
			t.Error(err)
			return func() error { return nil }
		}
		rows.Next()
		return rows.Close
	}
	// Each reader begins before the one before it ends: never is there a
	// moment without one.
	end := look()
	stop := make(chan struct{})
	var readers sync.WaitGroup
	readers.Go(func() {
		defer func() { end() }()
		for {
			select {
			case <-stop:
				return
			case <-time.After(30 * time.Millisecond):
				next := look()
				end()
				end = next
			}
		}
	})
	text := strings.Repeat("x", 512<<10)
	for i := range 512 {
		if err := d.Write(background, insert(fmt.Sprint(i)+text)); err != nil {
			t.Error(err)
			break
		}
	}
	close(stop)
	readers.Wait()
	info, err := os.Stat(filepath.Join(o.Dir, "test.db-wal"))
	if err != nil {
		t.Fatal(err)
	}
	if limit := int64(200 << 20); info.Size() > limit {
		t.Errorf("write-ahead log: got %d MiB, want at most %d", info.Size()>>20, limit>>20)
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
			// The statement takes some hundred milliseconds, and ctx ends meanwhile.
			time.AfterFunc(20*time.Millisecond, cancel)
			return tx.Exec(`INSERT INTO notes (id, amount)
				WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 2000000)
				SELECT 'c', COUNT(*) FROM n`).Error
		},
		insert("d"))
	if err := errors.Join(results...); err != nil {
		t.Error(err)
	}
	if got := count(t, d); got != 4 {
		t.Errorf("got %d rows, want 4", got)
	}
}

// What a write is refused for may be what its neighbour wrote, and that must not
// get lost afterwards.
func TestARefusalIsToldOnceWhatItRestsOnIsDurable(t *testing.T) {
	d := openNotes(t)
	errTaken := errors.New("taken")
	take := func(tx *gorm.DB) error {
		result := tx.Exec("INSERT INTO notes (id, amount) VALUES ('key', 1) ON CONFLICT DO NOTHING")
		if result.Error == nil && result.RowsAffected == 0 {
			return errTaken
		}
		return result.Error
	}
	told := make(chan struct{})
	results := make(chan error, 1)
	early := false
	together(t, d, func() {
		go func() { results <- d.Write(background, take); close(told) }()
		database.AwaitQueue(d, 2)
		go d.Write(background, func(tx *gorm.DB) error {
			select {
			case <-told:
				early = true
			case <-time.After(200 * time.Millisecond): // long enough for a refusal that does not wait
			}
			return nil
		})
		database.AwaitQueue(d, 3)
	}, take)
	if err := <-results; !errors.Is(err, errTaken) {
		t.Errorf("got %v, want the function's own error", err)
	}
	<-told
	if early || count(t, d) != 1 {
		t.Errorf("told before the commit: %t, and there are %d rows", early, count(t, d))
	}
}

func TestARefusalThatRestsOnALostWriteIsUncertain(t *testing.T) {
	o := databasetest.SQLite(t)
	o.Migrations, o.Log = notes, slog.New(slog.DiscardHandler)
	d := databasetest.Open(t, o)
	results := together(t, d, nil,
		insert("key"),
		func(tx *gorm.DB) error { return errors.New("taken") },
		func(tx *gorm.DB) error { return tx.Exec("ROLLBACK").Error })
	for i, err := range results {
		if !errors.Is(err, database.ErrUncertain) {
			t.Errorf("write %d: got %v, want ErrUncertain", i, err)
		}
	}
}

func TestAReadThatWaitsForAConnectionEndsWithItsContext(t *testing.T) {
	d := openNotes(t)
	if err := d.Write(background, insert("a")); err != nil {
		t.Fatal(err)
	}
	for range database.Readers(d) {
		rows, err := d.Read(background).Raw("SELECT id FROM notes").Rows()
		if err != nil {
			t.Fatal(err)
		}
		rows.Next()
		defer rows.Close()
	}
	ctx, cancel := context.WithTimeout(background, 50*time.Millisecond)
	defer cancel()
	var n int
	if err := d.Read(ctx).Raw("SELECT COUNT(*) FROM notes").Scan(&n).Error; !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want context.DeadlineExceeded", err)
	}
}

func TestFilesAreTheirOwnersAlone(t *testing.T) {
	o := databasetest.SQLite(t)
	o.Migrations = notes
	o.Dir = filepath.Join(o.Dir, "data")
	if err := databasetest.Open(t, o).Close(background); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(o.Dir, "test.db")
	if err := os.Chmod(file, 0o644); err != nil { // as earlier programs made it
		t.Fatal(err)
	}
	d := databasetest.Open(t, o)
	if err := d.Write(background, insert("a")); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(o.Dir)
	if err != nil || len(files) != 5 {
		t.Errorf("got %v (%v), want the database, its log and index, a lock and a pulse", files, err)
	}
	for _, file := range files {
		if info, err := file.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: got %v (%v), want 0600", file.Name(), info.Mode(), err)
		}
	}
	if info, err := os.Stat(o.Dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("directory: got %v (%v), want 0700", info.Mode(), err)
	}
}

func TestADirectoryThatOthersMayWriteToIsRefused(t *testing.T) {
	for _, mode := range []os.FileMode{0o770, 0o707} {
		o := databasetest.SQLite(t)
		if err := os.Chmod(o.Dir, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := database.Open(background, o); err == nil || !strings.Contains(err.Error(), "chmod go-w "+o.Dir) {
			t.Errorf("%v: got %v, want a refusal that says what to do", mode, err)
		}
	}
}
