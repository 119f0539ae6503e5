// Package databasetest gives tests real databases: SQLite in a temporary
// directory, and a fresh schema on the PostgreSQL server whose DSN is in
// GALLERIA_TEST_POSTGRES (tools/with-postgres sets it).
package databasetest

import (
	"context"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"

	"galleria/platform/database"
	"galleria/platform/id"
)

// Server is the environment variable with the DSN of the PostgreSQL server.
const Server = "GALLERIA_TEST_POSTGRES"

// Each runs test on SQLite and on PostgreSQL, as subtests. open opens the
// subtest's database, made anew for it, as module "test"; each call returns
// another handle on the same database, as another process would have.
func Each(t *testing.T, test func(t *testing.T, open func(migrations fs.FS) *database.DB)) {
	t.Helper()
	EachOptions(t, func(t *testing.T, o database.Options) {
		test(t, func(migrations fs.FS) *database.DB {
			t.Helper()
			o.Migrations = migrations
			return Open(t, o)
		})
	})
}

// EachOptions is Each for tests that open the database themselves: o says where
// it is; change the rest as needed.
func EachOptions(t *testing.T, test func(t *testing.T, o database.Options)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, Postgres(t)) })
}

// SQLite returns options for a new SQLite database of a module "test".
func SQLite(t testing.TB) database.Options {
	t.Helper()
	return database.Options{Module: "test", Dir: t.TempDir(), Log: slog.New(testLog{t: t})}
}

// Postgres returns options for a new schema of a module "test". The schema is
// dropped when the test ends, after the databases it opened with Open closed.
func Postgres(t testing.TB) database.Options {
	t.Helper()
	return database.Options{Module: "test", DSN: DSN(t), Log: slog.New(testLog{t: t})}
}

// DSN returns the DSN of a schema of the test's own, made by the first that opens it
// and dropped when the test ends.
func DSN(t testing.TB) string {
	t.Helper()
	server := os.Getenv(Server)
	if server == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("no PostgreSQL to test on: run this through tools/with-postgres, or set " + Server)
		}
		t.Skip("no PostgreSQL to test on: run make test")
	}
	u, err := url.Parse(server)
	if err != nil {
		t.Fatalf("%s is not a URL", Server)
	}
	schema := "test_" + id.New()
	t.Cleanup(func() {
		ctx := context.Background()
		conn, err := pgx.Connect(ctx, server)
		if err != nil {
			t.Errorf("drop schema %s: %v", schema, err)
			return
		}
		defer conn.Close(ctx)
		if _, err := conn.Exec(ctx, "DROP SCHEMA IF EXISTS "+schema+" CASCADE"); err != nil {
			t.Errorf("drop schema %s: %v", schema, err)
		}
	})
	query := u.Query()
	query.Set("search_path", schema)
	u.RawQuery = query.Encode()
	return u.String()
}

// Open opens a database and closes it when the test ends.
func Open(t testing.TB, o database.Options) *database.DB {
	t.Helper()
	d, err := database.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return d
}

// CountStatements returns how many statements do made on d, those of others at
// the same time included. Use it to keep lists from asking once per row.
func CountStatements(d *database.DB, do func()) int {
	before := d.Statements()
	do()
	return int(d.Statements() - before)
}

// Fill makes a database by its migrations up to one, which is among them, and runs
// statements in it, as an earlier program would: the next one to open it converts what
// they wrote.
func Fill(t testing.TB, o database.Options, last string, statements ...string) {
	t.Helper()
	names, err := fs.Glob(o.Migrations, "*.sql")
	if err != nil || !slices.Contains(names, last) {
		t.Fatalf("there is no migration %s among %v: %v", last, names, err)
	}
	until := fstest.MapFS{}
	for _, name := range names {
		if name > last {
			continue
		}
		text, err := fs.ReadFile(o.Migrations, name)
		if err != nil {
			t.Fatal(err)
		}
		until[name] = &fstest.MapFile{Data: text}
	}
	o.Migrations = until
	db, err := database.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range statements {
		if err := db.Write(t.Context(), func(tx *gorm.DB) error { return tx.Exec(statement).Error }); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}
