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
// leaves another module's tables alone. The caller holds the migration lock.
func prepare(ctx context.Context, db *sql.DB, dialect goose.Dialect, folder string, o Options) (store, error) {
	platform, err := fs.Sub(platformMigrations, "migrations/"+folder)
	if err != nil {
		return store{}, err
	}
	if err := migrate(ctx, db, dialect, platform, "platform_version"); err != nil {
		return store{}, fmt.Errorf("migrate the platform's tables: %w", err)
	}
	s, err := identify(ctx, db, o)
	if err != nil {
		return store{}, err
	}
	if o.Migrations == nil {
		return s, nil
	}
	if err := migrate(ctx, db, dialect, o.Migrations, o.Module+"_version"); err != nil {
		return store{}, fmt.Errorf("migrate: %w", err)
	}
	return s, nil
}

func migrate(ctx context.Context, db *sql.DB, dialect goose.Dialect, files fs.FS, table string) error {
	provider, err := goose.NewProvider(dialect, db, files,
		goose.WithTableName(table),
		goose.WithDisableGlobalRegistry(true))
	if errors.Is(err, goose.ErrNoMigrations) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	var partial *goose.PartialError
	if errors.As(err, &partial) && partial.Failed != nil {
		return fmt.Errorf("%s: %w", partial.Failed.Source.Path, err)
	}
	return err
}
