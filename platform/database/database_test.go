package database_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"gorm.io/gorm"

	"galleria/platform/database"
	"galleria/platform/database/databasetest"
)

var background = context.Background()

func TestWhatIsWrittenCanBeReadThroughEveryHandle(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, open func(fs.FS) *database.DB) {
		d, other := open(notes), open(notes)
		if err := d.Write(background, insert("a")); err != nil {
			t.Fatal(err)
		}
		if got := count(t, other); got != 1 {
			t.Errorf("rows seen by another handle: got %d, want 1", got)
		}
		if d.StoreID() == "" || d.StoreID() != other.StoreID() {
			t.Errorf("store ids of one database: got %q and %q", d.StoreID(), other.StoreID())
		}
		if err := d.Ping(background); err != nil {
			t.Error(err)
		}
	})
}

func TestStoreIDsOfTwoDatabasesDiffer(t *testing.T) {
	a, b := databasetest.Open(t, databasetest.SQLite(t)), databasetest.Open(t, databasetest.SQLite(t))
	if a.StoreID() == b.StoreID() {
		t.Errorf("both have %q", a.StoreID())
	}
}

func TestFailingFunctionWritesNothing(t *testing.T) {
	failure := errors.New("sold out")
	ways := map[string]struct {
		end  func() error
		want string
	}{
		"error": {func() error { return failure }, "sold out"},
		"panic": {func() error { panic("boom") }, "panic: boom"},
	}
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) {
		o.Migrations = notes
		o.Log = slog.New(slog.DiscardHandler)
		d := databasetest.Open(t, o)
		for name, way := range ways {
			err := d.Write(background, func(tx *gorm.DB) error {
				if err := insert("x")(tx); err != nil {
					return err
				}
				return way.end()
			})
			if err == nil || !strings.Contains(err.Error(), way.want) {
				t.Errorf("%s: got error %v, want one with %q", name, err, way.want)
			}
			if name == "error" && !errors.Is(err, failure) {
				t.Errorf("got %v, want the function's own error", err)
			}
			if got := count(t, d); got != 0 {
				t.Errorf("%s: got %d rows, want none", name, got)
			}
		}
		if err := d.Write(background, insert("after")); err != nil {
			t.Errorf("write after failures: %v", err)
		}
	})
}

func TestFunctionThatEndsItsGoroutineStopsNobodyElse(t *testing.T) {
	d := openNotes(t)
	err := d.Write(background, func(tx *gorm.DB) error {
		if err := insert("x")(tx); err != nil {
			return err
		}
		runtime.Goexit()
		return nil
	})
	if err == nil {
		t.Error("got no error")
	}
	if err := d.Write(background, insert("after")); err != nil {
		t.Fatal(err)
	}
	if got := count(t, d); got != 1 {
		t.Errorf("got %d rows, want only the later one", got)
	}
}

func TestReadHandleRefusesToWrite(t *testing.T) {
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) {
		o.Migrations, o.Log = notes, slog.New(slog.DiscardHandler)
		d := databasetest.Open(t, o)
		if err := insert("x")(d.Read(background)); err == nil {
			t.Error("got no error")
		}
	})
}

func TestNestedTransactionsUndoOnlyThemselves(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, open func(fs.FS) *database.DB) {
		d := open(notes)
		err := d.Write(background, func(tx *gorm.DB) error {
			inner := tx.Transaction(func(tx *gorm.DB) error {
				return errors.Join(insert("inner")(tx), errors.New("undo"))
			})
			if inner == nil {
				return errors.New("inner: got no error")
			}
			return insert("outer")(tx)
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := count(t, d); got != 1 {
			t.Errorf("got %d rows, want 1", got)
		}
	})
}

func TestTransactionIsEndedByWriteOnly(t *testing.T) {
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) {
		o.Migrations, o.Log = notes, slog.New(slog.DiscardHandler)
		d := databasetest.Open(t, o)
		var kept *gorm.DB
		err := d.Write(background, func(tx *gorm.DB) error {
			kept = tx
			if err := tx.Session(&gorm.Session{}).Commit().Error; err == nil {
				t.Error("commit inside: got no error")
			}
			return insert("a")(tx)
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := insert("late")(kept); err == nil {
			t.Error("tx used afterwards: got no error")
		}
		var n int
		if err := kept.Raw("SELECT 1").Row().Scan(&n); err == nil {
			t.Error("row read afterwards: got no error")
		}
		if got := count(t, d); got != 1 {
			t.Errorf("got %d rows, want 1", got)
		}
	})
}

func TestEndedContextWritesNothing(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, open func(fs.FS) *database.DB) {
		d := open(notes)
		ctx, cancel := context.WithCancel(background)
		cancel()
		if err := d.Write(ctx, insert("x")); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
		if err := d.Read(ctx).Exec("SELECT 1").Error; !errors.Is(err, context.Canceled) {
			t.Errorf("read: got %v, want context.Canceled", err)
		}
		if got := count(t, d); got != 0 {
			t.Errorf("got %d rows, want none", got)
		}
	})
}

func TestContextThatEndsLateDoesNotHideWhatWasWritten(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, open func(fs.FS) *database.DB) {
		d := open(notes)
		ctx, cancel := context.WithCancel(background)
		err := d.Write(ctx, func(tx *gorm.DB) error {
			defer cancel() // after the last statement, before the commit
			return insert("x")(tx)
		})
		written := count(t, d) == 1
		if (err == nil) != written {
			t.Errorf("Write said %v, row written: %t", err, written)
		}
		if !written {
			t.Error("a write that had run was not committed")
		}
	})
}

func TestClosedDatabaseRefusesWrites(t *testing.T) {
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) {
		o.Migrations = notes
		d := databasetest.Open(t, o)
		inside, finish := make(chan struct{}), make(chan struct{})
		result := make(chan error)
		go func() {
			result <- d.Write(background, func(tx *gorm.DB) error {
				close(inside)
				<-finish
				return insert("running")(tx)
			})
		}()
		<-inside
		closed := make(chan error)
		go func() { closed <- d.Close(background) }()
		for { // until Close has come far enough to refuse
			ctx, cancel := context.WithCancel(background)
			probe := make(chan error, 1)
			go func() { probe <- d.Write(ctx, func(*gorm.DB) error { return errors.New("probe") }) }()
			runtime.Gosched()
			cancel()
			if err := <-probe; errors.Is(err, database.ErrClosed) {
				break
			}
		}
		select {
		case <-closed:
			t.Error("Close did not wait for the running write")
		case <-time.After(100 * time.Millisecond): // long enough for a Close that does not wait
		}
		close(finish)
		if err := <-result; err != nil {
			t.Errorf("running write: %v", err)
		}
		if err := <-closed; err != nil {
			t.Error(err)
		}
		if got := count(t, databasetest.Open(t, o)); got != 1 {
			t.Errorf("got %d rows, want that of the write that was running", got)
		}
	})
}

func TestAnotherModulesDatabaseIsRefused(t *testing.T) {
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) {
		if o.Dir != "" {
			t.Run("renamed file", func(t *testing.T) { refuseRenamed(t, o) })
			return
		}
		databasetest.Open(t, o)
		o.Module, o.Migrations = "other", notes
		_, err := database.Open(background, o)
		if err == nil || !strings.Contains(err.Error(), `belongs to module "test"`) {
			t.Errorf("got %v, want a refusal that names the owner", err)
		}
	})
}

func TestProcessesThatStartTogetherAllOpenANewDatabase(t *testing.T) {
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) {
		o.Migrations, o.MaxConns = notes, 2
		const n = 8
		ids := make([]string, n)
		var wait sync.WaitGroup
		for i := range n {
			wait.Go(func() {
				d, err := database.Open(background, o)
				if err != nil {
					t.Error(err)
					return
				}
				defer d.Close(background)
				ids[i] = d.StoreID()
				if err := d.Write(background, insert(fmt.Sprint(i))); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		for _, got := range ids {
			if got != ids[0] {
				t.Fatalf("store ids differ: %q", ids)
			}
		}
		if got := count(t, databasetest.Open(t, o)); got != n {
			t.Errorf("got %d rows, want %d", got, n)
		}
	})
}

func TestNewerSchemaIsRefusedUnlessDeclaredCompatible(t *testing.T) {
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) {
		newer := fstest.MapFS{
			"0001_notes.sql": notes["0001_notes.sql"],
			"0002_more.sql":  {Data: []byte("-- +goose Up\nALTER TABLE notes ADD COLUMN more TEXT NOT NULL DEFAULT '';\n")},
		}
		o.Migrations = newer
		if err := databasetest.Open(t, o).Close(background); err != nil {
			t.Fatal(err)
		}
		o.Migrations = notes
		_, err := database.Open(background, o)
		if !errors.Is(err, database.ErrNewerSchema) || !strings.Contains(err.Error(), "test_version is at version 2, this program knows version 1") {
			t.Errorf("got %v, want a refusal that names both versions", err)
		}
		o.NewerSchema = 1
		if err := databasetest.Open(t, o).Write(background, insert("a")); err != nil {
			t.Errorf("declared compatible: %v", err)
		}
	})
}

func TestNewerPlatformTablesAreRefused(t *testing.T) {
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) {
		d := databasetest.Open(t, o)
		err := d.Write(background, func(tx *gorm.DB) error {
			return tx.Exec("INSERT INTO platform_version (version_id, is_applied) VALUES (99, true)").Error
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := database.Open(background, o); !errors.Is(err, database.ErrNewerSchema) {
			t.Errorf("got %v, want ErrNewerSchema", err)
		}
	})
}

func TestFailingMigrationIsReported(t *testing.T) {
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) {
		o.Migrations = fstest.MapFS{"0001_bad.sql": {Data: []byte("-- +goose Up\nCREATE TABEL x (id TEXT);\n")}}
		if _, err := database.Open(background, o); err == nil || !strings.Contains(err.Error(), "0001_bad.sql") {
			t.Errorf("got %v, want an error that names the file", err)
		}
	})
}

func TestMigrationsWithUnknownAnnotationsAreRefused(t *testing.T) {
	for name, text := range map[string]string{
		"none":            "CREATE TABLE x (id TEXT);\n",
		"no transaction":  "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE TABLE x (id TEXT);\n",
		"statement block": "-- +goose Up\n-- +goose StatementBegin\nCREATE TABLE x (id TEXT);\n-- +goose StatementEnd\n",
		"down first":      "-- +goose Down\nDROP TABLE x;\n-- +goose Up\nCREATE TABLE x (id TEXT);\n",
	} {
		t.Run(name, func(t *testing.T) {
			o := databasetest.SQLite(t)
			o.Migrations = fstest.MapFS{"0001_x.sql": {Data: []byte(text)}}
			if _, err := database.Open(background, o); err == nil || !strings.Contains(err.Error(), "0001_x.sql: want the line") {
				t.Errorf("got %v, want an error that names the file and what is wanted", err)
			}
		})
	}
}

// Down is sent in one piece, too, and is no part of Up.
func TestUpEndsWhereDownBegins(t *testing.T) {
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) {
		o.Migrations = fstest.MapFS{"0001_x.sql": {Data: []byte("-- +goose Up\nCREATE TABLE a (id TEXT);\nCREATE TABLE b (id TEXT); -- +goose Down is said in a line of its own\n\n-- +goose Down\nDROP TABLE a;\nDROP TABLE b;\n")}}
		err := databasetest.Open(t, o).Write(background, func(tx *gorm.DB) error {
			return errors.Join(tx.Exec("INSERT INTO a VALUES ('1')").Error, tx.Exec("INSERT INTO b VALUES ('1')").Error)
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestOptionsThatMakeNoSenseAreRefused(t *testing.T) {
	for name, o := range map[string]database.Options{
		"no module":     {Dir: t.TempDir()},
		"path as name":  {Module: "../notes", Dir: t.TempDir()},
		"reserved name": {Module: "platform", Dir: t.TempDir()},
		"no place":      {Module: "notes"},
		"other DSN":     {Module: "notes", DSN: "mysql://root:secret@db/notes"},
	} {
		_, err := database.Open(background, o)
		if err == nil {
			t.Errorf("%s: got no error", name)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error tells the password: %v", name, err)
		}
	}
}

func TestLogHoldsFailuresAndNoValues(t *testing.T) {
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) {
		var log bytes.Buffer
		o.Migrations, o.Log = notes, slog.New(slog.NewTextHandler(&log, nil))
		o.SlowQuery = 1 // every statement is slow
		d := databasetest.Open(t, o)
		log.Reset()
		for range 2 { // the second violates the primary key
			_ = d.Write(background, insert("ana@example.com"))
		}
		var id string
		if err := d.Read(background).Raw("SELECT id FROM notes WHERE id = ?", "ana@example.com").Scan(&id).Error; err != nil || id == "" {
			t.Errorf("got %q and %v", id, err)
		}
		for _, want := range []string{"slow statement", "statement failed", "INSERT INTO notes", "SELECT id FROM notes"} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("log lacks %q:\n%s", want, &log)
			}
		}
		if strings.Contains(log.String(), "$1$") {
			t.Errorf("log mangles placeholders:\n%s", &log)
		}
		if strings.Contains(log.String(), "ana@") {
			t.Errorf("log holds a value:\n%s", &log)
		}
	})
}

func TestALongStatementIsLoggedInShort(t *testing.T) {
	var log bytes.Buffer
	o := databasetest.SQLite(t)
	o.Migrations, o.Log, o.SlowQuery = notes, slog.New(slog.NewTextHandler(&log, nil)), 1
	d := databasetest.Open(t, o)
	log.Reset()
	ids := make([]string, 5000)
	if err := d.Read(background).Raw("SELECT id\n\tFROM notes\n\tWHERE id IN ?", ids).Scan(&ids).Error; err != nil {
		t.Fatal(err)
	}
	if got := log.String(); len(got) > 1000 || !strings.Contains(got, "SELECT id FROM notes WHERE id IN (?,?,") || !strings.Contains(got, "… (") {
		t.Errorf("got %d bytes:\n%.1200s", len(got), got)
	}
}

func TestStatementsAreCounted(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, open func(fs.FS) *database.DB) {
		d := open(notes)
		got := databasetest.CountStatements(d, func() {
			err := d.Write(background, func(tx *gorm.DB) error {
				return errors.Join(insert("a")(tx), insert("b")(tx))
			})
			if err != nil {
				t.Error(err)
			}
			count(t, d)
		})
		if got != 3 {
			t.Errorf("got %d statements, want 3", got)
		}
	})
}
