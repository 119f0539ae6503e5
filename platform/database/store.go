package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"galleria/platform/id"
)

// store is the identity a database carries: which one it is, and whose.
type store struct {
	ID     string
	Module string
}

// identify reads the identity, or gives a new database one, and refuses a
// database of another module. The caller holds the migration lock, so two
// processes cannot both find it new.
func identify(ctx context.Context, db *sql.DB, o Options) (store, error) {
	var s store
	err := db.QueryRowContext(ctx, "SELECT id, module FROM store").Scan(&s.ID, &s.Module)
	if errors.Is(err, sql.ErrNoRows) {
		s = store{ID: id.New(), Module: o.Module}
		// Both dialects take $n.
		_, err = db.ExecContext(ctx, "INSERT INTO store (id, module, created_at) VALUES ($1, $2, $3)",
			s.ID, s.Module, o.Now().UnixMicro())
	}
	if err != nil {
		return store{}, fmt.Errorf("store id: %w", err)
	}
	if s.Module != o.Module {
		return store{}, fmt.Errorf("it belongs to module %q (store %s), not to %q: look at the file or the DSN's search_path", s.Module, s.ID, o.Module)
	}
	return s, nil
}
