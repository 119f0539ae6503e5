package database

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed migrations
var platformMigrations embed.FS

// prepare brings db up to date: the platform's tables, the identity, then the
// module's own tables. The identity comes before them so that a wrong DSN
// leaves another module's tables alone, and so does a store that was copied or put back.
// The caller holds the migration lock.
func prepare(ctx context.Context, db *sql.DB, at kind, o Options) (store, error) {
	if err := preparePlatform(ctx, db, at); err != nil {
		return store{}, err
	}
	place, err := at.place(ctx, db)
	if err != nil {
		return store{}, fmt.Errorf("where the store is: %w", err)
	}
	s, err := identify(ctx, db, place, o)
	if err != nil {
		return store{}, err
	}
	if err := checkMark(ctx, db, o); err != nil {
		return store{}, err
	}
	if o.Migrations == nil {
		return s, nil
	}
	if err := migrate(ctx, db, at.dialect, o.Migrations, o.Module+"_version", o.NewerSchema); err != nil {
		return store{}, fmt.Errorf("migrate: %w", err)
	}
	return s, nil
}

// kind is what preparing differs in between SQLite and PostgreSQL.
type kind struct {
	dialect goose.Dialect
	folder  string // of the platform's migrations
	// place says where the store physically is, as parts with / between, empty
	// ones for what can't be found out.
	place func(ctx context.Context, db *sql.DB) (string, error)
}

func preparePlatform(ctx context.Context, db *sql.DB, at kind) error {
	platform, err := fs.Sub(platformMigrations, "migrations/"+at.folder)
	if err != nil {
		return err
	}
	if err := migrate(ctx, db, at.dialect, platform, "platform_version", 0); err != nil {
		return fmt.Errorf("migrate the platform's tables: %w", err)
	}
	return nil
}

// ErrNewerSchema is wrapped by the error of Open on a database whose tables a
// newer program has changed in a way this one does not know.
var ErrNewerSchema = errors.New("database: its tables are those of a newer program")

// migrate brings tables up to date. They may be up to newer versions newer than
// this program's.
func migrate(ctx context.Context, db *sql.DB, dialect goose.Dialect, files fs.FS, table string, newer int) error {
	all, err := steps(files)
	if err != nil || len(all) == 0 {
		return err
	}
	provider, err := goose.NewProvider(dialect, db, nil,
		goose.WithTableName(table),
		goose.WithGoMigrations(all...),
		goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	there, known, err := provider.GetVersions(ctx)
	if err != nil {
		return err
	}
	if there > known+int64(newer) {
		return fmt.Errorf("%w: %s is at version %d, this program knows version %d; start the newer program, or go back to a backup of the older one's data",
			ErrNewerSchema, table, there, known)
	}
	if there >= known {
		return nil
	}
	if _, err = provider.Up(callers(ctx)); err == nil && ctx.Err() != nil {
		err = errTookLong
	}
	return err
}

// errTookLong says that the tables are up to date, and the time to open the database is over:
// it is to be opened again.
var errTookLong = errors.New("the migrations took long")

// callersKey is for the context of Open's caller, without the time that Open has.
type callersKey struct{}

func unhurried(ctx context.Context) context.Context { return context.WithValue(ctx, callersKey{}, ctx) }

func callers(ctx context.Context) context.Context {
	if caller, ok := ctx.Value(callersKey{}).(context.Context); ok {
		return caller
	}
	return ctx
}
