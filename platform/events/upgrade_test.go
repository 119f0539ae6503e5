package events

import (
	"database/sql"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/pressly/goose/v3"

	"galleria/platform/database"
)

// A database of the first version, with an event that waits and a letter that is
// parked, is opened by this one.
func TestDatabaseOfTheFirstVersionKeepsItsEvents(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, dbs databases) {
		o := dbs.place(t)
		o.Module = "reader"
		dbs.made["reader"] = o
		old := openOld(t, o)
		for _, statement := range []string{
			"INSERT INTO store (id, module, created_at) VALUES ('first', 'reader', 1)",
			`INSERT INTO outbox (event_id, type, aggregate, payload, occurred_at) VALUES ('waits', 'google.protobuf.StringValue', 'a', '"waited"', 1)`,
			`INSERT INTO inbox (event_id, subscriber, received_at) VALUES ('handled', 'reader', 1)`,
			`INSERT INTO dead_letters (event_id, subject, type, aggregate, payload, occurred_at, error, attempts, parked_at, seq)
				VALUES ('parked', 'events.google.StringValue.b', 'google.protobuf.StringValue', 'b', '"parked"', 1, 'bad', 3, 1, 1)`,
		} {
			if _, err := old.Exec(statement); err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
		}

		db := dbs.open(t, "reader")
		if got := db.StoreID(); got != "first" {
			t.Errorf("store: got %s, want the old one", got)
		}
		c := connect(t, openBroker(t, t.TempDir()))
		subscriber := newSubscriber(t, "reader", db, c, onText(nil))
		if known, err := subscriber.inInbox(db.Read(t.Context()), "handled"); err != nil || !known {
			t.Errorf("the inbox: got %v, %v, want what was handled to be known", known, err)
		}
		start(t, newRelay(db, c).Run)
		start(t, subscriber.Run)
		wantEffects(t, db, "a", "waited")
		if n, err := subscriber.Resend(t.Context(), "parked"); err != nil || n != 1 {
			t.Errorf("resend: got %d, %v, want 1 letter gone", n, err)
		}
		wantEffects(t, db, "b", "parked")

		// While a module moves, the old program goes on, on the tables of the new one.
		old = openOld(t, o)
		if _, err := old.Exec(`INSERT INTO outbox (event_id, type, aggregate, payload, occurred_at) VALUES ('later', 'google.protobuf.StringValue', 'a', '"later"', 1)`); err != nil {
			t.Errorf("the old program appends: %v", err)
		}
		wantEffects(t, db, "a", "waited", "later")
	})
}

// openOld opens a database as the program of the first version did.
func openOld(t *testing.T, o database.Options) *sql.DB {
	t.Helper()
	driver, dsn, folder, dialect := "sqlite3", filepath.Join(o.Dir, o.Module+".db"), "sqlite", goose.DialectSQLite3
	if o.DSN != "" {
		driver, dsn, folder, dialect = "pgx", o.DSN, "postgres", goose.DialectPostgres
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if o.DSN != "" {
		schema, err := url.Parse(o.DSN)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec("CREATE SCHEMA IF NOT EXISTS " + schema.Query().Get("search_path")); err != nil {
			t.Fatal(err)
		}
	}
	first, err := os.ReadFile(filepath.Join("..", "database", "migrations", folder, "0001_platform.sql"))
	if err != nil {
		t.Fatal(err)
	}
	provider, err := goose.NewProvider(dialect, db, fstest.MapFS{"0001_platform.sql": {Data: first}},
		goose.WithTableName("platform_version"), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.Up(t.Context()); err != nil {
		t.Fatalf("the old program opens the database: %v", err)
	}
	return db
}
