package database_test

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"galleria/platform/database"
	"galleria/platform/database/databasetest"
)

// memory remembers a mark as a data directory does.
type memory struct {
	mu   sync.Mutex
	last database.Mark
	full bool // nothing can be written
}

func (m *memory) Last() (database.Mark, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.last, nil
}

func (m *memory) Keep(left database.Mark) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.full {
		return errors.New("no space left")
	}
	if m.last.Store != left.Store || m.last.Adoptions < left.Adoptions || m.last.Number < left.Number {
		m.last = left
	}
	return nil
}

// marked runs test on both dialects, with options that remember marks.
func marked(t *testing.T, test func(t *testing.T, o database.Options, m *memory)) {
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) {
		m := &memory{}
		o.Migrations, o.Marks, o.Holder = notes, m, "a"
		test(t, o, m)
	})
}

// used opens the store, writes to it, and closes it.
func used(t *testing.T, o database.Options, text string) {
	t.Helper()
	d := databasetest.Open(t, o)
	if err := errors.Join(d.Write(background, insert(text)), d.Close(background)); err != nil {
		t.Fatal(err)
	}
}

// backup copies the contents of all tables, and returns what puts them back where they are,
// as a dump of the data does, sqlite's .restore, or the files of a server.
func backup(t *testing.T, o database.Options) (putBack func()) {
	t.Helper()
	driver, dsn := "sqlite3", filepath.Join(o.Dir, o.Module+".db")+"?_busy_timeout=5000"
	list := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
	if o.DSN != "" {
		driver, dsn = "pgx", o.DSN
		list = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	rows, err := db.Query(list)
	if err != nil {
		t.Fatal(err)
	}
	var tables []string
	for rows.Next() {
		var table string
		if err := rows.Scan(&table); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(table, "saved_") {
			tables = append(tables, table)
		}
	}
	if err := rows.Err(); err != nil || len(tables) == 0 {
		t.Fatalf("got %d tables (%v)", len(tables), err)
	}
	each := func(statements string) {
		t.Helper()
		tx, err := db.Begin()
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		for _, table := range tables {
			for _, statement := range strings.Split(statements, ";") {
				if _, err := tx.Exec(strings.ReplaceAll(statement, "$", table)); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	each("DROP TABLE IF EXISTS saved_$; CREATE TABLE saved_$ AS SELECT * FROM $")
	overriding := ""
	if o.DSN != "" {
		overriding = "OVERRIDING SYSTEM VALUE "
	}
	return func() {
		t.Helper()
		each("DELETE FROM $; INSERT INTO $ " + overriding + "SELECT * FROM saved_$")
	}
}

func TestAStorePutBackWhereItIsIsRefusedUntilItIsAdopted(t *testing.T) {
	marked(t, func(t *testing.T, o database.Options, m *memory) {
		used(t, o, "a")
		elsewhere := &memory{last: m.last} // another data directory, which remembers less
		putBack := backup(t, o)
		used(t, o, "b")
		putBack()

		for range 3 { // to be refused is no step on the way to be accepted
			_, err := database.Open(background, o)
			wantRefusal(t, err, database.ErrPutBack, m.last.Store)
		}
		if c, err := database.Inspect(background, o); err != nil || !c.PutBack || c.Copied {
			t.Errorf("got %+v (%v), want that it was put back", c, err)
		}
		// One that can't know counts on: the marks are others all the same.
		other := o
		other.Marks = elsewhere
		for range 3 {
			used(t, other, "c"+fmt.Sprint(elsewhere.last.Number))
		}
		_, err := database.Open(background, o)
		wantRefusal(t, err, database.ErrPutBack)

		if err := database.Adopt(background, o, 1); err != nil {
			t.Fatal(err)
		}
		if c, err := database.Inspect(background, o); err != nil || c.PutBack {
			t.Errorf("adopted: got %+v (%v), want that it is the right one", c, err)
		}
		used(t, o, "d")
		used(t, other, "e") // adopted for all, not for one data directory
		used(t, o, "f")
	})
}

// TestAStorePutBackToBeforeItsAdoptionIsAdoptedOnce: what is remembered is of a later
// adoption than the backup's.
func TestAStorePutBackToBeforeItsAdoptionIsAdoptedOnce(t *testing.T) {
	marked(t, func(t *testing.T, o database.Options, m *memory) {
		used(t, o, "a")
		putBack := backup(t, o)
		if err := database.Adopt(background, o, 0); err != nil {
			t.Fatal(err)
		}
		used(t, o, "b")
		putBack()
		_, err := database.Open(background, o)
		wantRefusal(t, err, database.ErrPutBack)
		if err := database.Adopt(background, o, 0); err != nil {
			t.Fatal(err)
		}
		used(t, o, "c")
		used(t, o, "d")
	})
}

func TestABackupCopiedOverTheFileIsRefused(t *testing.T) {
	m := &memory{}
	o := databasetest.SQLite(t)
	o.Migrations, o.Marks = notes, m
	file, kept := filepath.Join(o.Dir, "test.db"), filepath.Join(t.TempDir(), "backup.db")
	used(t, o, "a")
	copyFile(t, file, kept)
	used(t, o, "b")
	before, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	copyFile(t, kept, file)
	if after, err := os.Stat(file); err != nil || !os.SameFile(before, after) {
		t.Fatalf("the file is another one (%v): that is recognised by where it is", err)
	}
	_, err = database.Open(background, o)
	wantRefusal(t, err, database.ErrPutBack)
}

// A process is killed at any point between leaving a mark and keeping it.
func TestAProcessThatDidNotKeepItsMarkFindsItsStoreAgain(t *testing.T) {
	marked(t, func(t *testing.T, o database.Options, m *memory) {
		used(t, o, "a")
		m.full = true
		used(t, o, "b")
		before := m.last
		used(t, o, "c")
		m.full = false
		if m.last != before {
			t.Fatal("a mark was kept on a full disk")
		}
		used(t, o, "d")
		if m.last.Number < before.Number+5 {
			t.Errorf("got mark %d after %d, want those of all that opened and closed it", m.last.Number, before.Number)
		}
	})
}

func TestProcessesThatShareAStoreLeaveTheirMarks(t *testing.T) {
	marked(t, func(t *testing.T, o database.Options, m *memory) {
		used(t, o, "0")
		own := o // of another data directory
		own.Marks, own.Holder = &memory{}, "b"
		var wait sync.WaitGroup
		for i, options := range []database.Options{o, o, own, own} {
			wait.Go(func() {
				for n := range 4 {
					d, err := database.Open(background, options)
					if err == nil {
						err = d.Write(background, insert(fmt.Sprint(i, "/", n)))
						err = errors.Join(err, database.LeaveMark(d), d.Close(background))
					}
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		wait.Wait()
	})
}

// Another process was dismissed, which raises the generation of the store for all that hold it.
func TestALastMarkIsLeftAfterADismissal(t *testing.T) {
	marked(t, func(t *testing.T, o database.Options, m *memory) {
		d := databasetest.Open(t, o)
		if err := d.Write(background, insert("a")); err != nil {
			t.Fatal(err)
		}
		own := o
		own.Marks, own.Holder = &memory{}, "b"
		if _, err := databasetest.Open(t, own).Dismiss(background, "c"); err != nil {
			t.Fatal(err)
		}
		before := m.last.Number
		if err := d.Close(background); err != nil || m.last.Number <= before {
			t.Errorf("closed: got mark %d (%v), want one after %d", m.last.Number, err, before)
		}
	})
}

func TestAMarkIsLeftWhenSomethingWasWritten(t *testing.T) {
	marked(t, func(t *testing.T, o database.Options, m *memory) {
		d := databasetest.Open(t, o)
		want := func(what string, number int64) {
			t.Helper()
			if err := database.LeaveMark(d); err != nil || m.last.Number != number {
				t.Errorf("%s: got mark %d (%v), want %d", what, m.last.Number, err, number)
			}
		}
		want("opened", 1)
		if err := d.Write(background, insert("a")); err != nil {
			t.Fatal(err)
		}
		want("something was written", 2)
		want("nothing was written", 2)
		if err := d.Close(background); err != nil || m.last.Number != 2 {
			t.Errorf("closed: got mark %d (%v), want 2", m.last.Number, err)
		}
		used(t, o, "b")
		if m.last.Number != 4 {
			t.Errorf("opened, written to and closed: got mark %d, want 4", m.last.Number)
		}
	})
}

// The process goes on with what it had in memory of another state.
func TestAStorePutBackUnderAProcessTakesNoWritesOfIt(t *testing.T) {
	marked(t, func(t *testing.T, o database.Options, m *memory) {
		used(t, o, "a")
		putBack := backup(t, o)
		d := databasetest.Open(t, o)
		if err := errors.Join(d.Write(background, insert("b")), database.LeaveMark(d)); err != nil {
			t.Fatal(err)
		}
		putBack()
		if err := d.Write(background, insert("c")); err != nil {
			t.Fatal(err)
		}
		before := m.last
		wantRefusal(t, database.LeaveMark(d), database.ErrPutBack)
		for range 3 {
			wantRefusal(t, d.Write(background, insert("d")), database.ErrPutBack)
		}
		if err := d.WriteProblem(); err == nil || !strings.Contains(err.Error(), "store adopt") {
			t.Errorf("got the problem %v, want one with the command", err)
		}
		if err := d.Close(background); err != nil || m.last != before {
			t.Errorf("closed: got mark %v (%v), want %v: none in a store that was put back", m.last, err, before)
		}
		_, err := database.Open(background, o)
		wantRefusal(t, err, database.ErrPutBack)
	})
}

// Another process that holds the store raises its generation, and knows nothing yet.
func TestAStorePutBackUnderAProcessTakesNoWritesOfItAfterADismissal(t *testing.T) {
	marked(t, func(t *testing.T, o database.Options, m *memory) {
		d := databasetest.Open(t, o)
		b, dead := o, o
		b.Holder, b.Marks = "b", &memory{}
		dead.Holder, dead.Marks = "dead", nil
		other := databasetest.Open(t, b)
		databasetest.Open(t, dead)
		putBack := backup(t, o)
		if err := errors.Join(d.Write(background, insert("a")), database.LeaveMark(d)); err != nil {
			t.Fatal(err)
		}
		putBack()
		if err := d.Write(background, insert("b")); err != nil {
			t.Fatal(err)
		}
		wantRefusal(t, database.LeaveMark(d), database.ErrPutBack)
		for _, gone := range []string{"dead", "gone too"} {
			if _, err := other.Dismiss(background, gone); err != nil {
				t.Fatal(err)
			}
			wantRefusal(t, d.Write(background, insert(gone)), database.ErrPutBack)
		}
	})
}

// So it is when the process ends before its next mark.
func TestAStorePutBackUnderAProcessIsRefusedAfterItsClose(t *testing.T) {
	marked(t, func(t *testing.T, o database.Options, m *memory) {
		used(t, o, "a")
		putBack := backup(t, o)
		d := databasetest.Open(t, o)
		putBack()
		if err := errors.Join(d.Write(background, insert("b")), d.Close(background)); err != nil {
			t.Fatal(err)
		}
		_, err := database.Open(background, o)
		wantRefusal(t, err, database.ErrPutBack)
	})
}

// A data directory that was away for long is not refused for what the store forgot.
func TestAMarkBeforeTheOldestIsNotMissed(t *testing.T) {
	marked(t, func(t *testing.T, o database.Options, m *memory) {
		used(t, o, "a")
		long := m.last
		used(t, o, "b")
		d := databasetest.Open(t, o)
		if _, err := database.RunSQL(d, "UPDATE store SET marks = marks + 1000"); err != nil {
			t.Fatal(err)
		}
		if err := d.Close(background); err != nil {
			t.Fatal(err)
		}
		m.last = long
		used(t, o, "c")
		if n, err := database.RunSQL(databasetest.Open(t, o), "DELETE FROM marks"); err != nil || n > 10 {
			t.Errorf("got %d marks (%v), want only the last thousand numbers", n, err)
		}
	})
}
