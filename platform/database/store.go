package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"galleria/platform/id"
)

// store is the identity a database carries: which one it is, and whose.
type store struct {
	ID     string
	Module string
}

// identify reads the identity, or gives a new database one, and refuses a
// database of another module, or one that is not in its place. The caller holds
// the migration lock, so two processes cannot both find it new.
func identify(ctx context.Context, db *sql.DB, place string, o Options) (store, error) {
	var s store
	var noted string
	var generation int64
	err := db.QueryRowContext(ctx, "SELECT id, module, generation, place FROM store").Scan(&s.ID, &s.Module, &generation, &noted)
	if errors.Is(err, sql.ErrNoRows) {
		s, noted = store{ID: id.New(), Module: o.Module}, place
		// Both dialects take $n.
		_, err = db.ExecContext(ctx, "INSERT INTO store (id, module, created_at, place) VALUES ($1, $2, $3, $4)",
			s.ID, s.Module, o.Now().UnixMicro(), place)
	}
	if err == nil && noted == "" { // made by a program that did not note it
		_, err = db.ExecContext(ctx, "UPDATE store SET place = $1", place)
		noted = place
	}
	if err != nil {
		return store{}, fmt.Errorf("store id: %w", err)
	}
	if s.Module != o.Module {
		return store{}, foreign(s.ID, s.Module, o.Module)
	}
	if !samePlace(noted, place) {
		return store{}, fmt.Errorf("%w: store %s of %s, at generation %d, was made elsewhere (%s; this is %s); if this one is to be used and no other: %s",
			ErrCopied, s.ID, s.Module, generation, noted, place, toAdopt(s.Module))
	}
	return s, nil
}

// toAdopt is the command that makes a store usable again. The program has it:
// see Adopt.
func toAdopt(module string) string {
	return filepath.Base(os.Args[0]) + " store adopt " + module
}

func foreign(id, owner, module string) error {
	return fmt.Errorf("it belongs to module %q (store %s), not to %q: look at the file or the DSN's search_path", owner, id, module)
}

// samePlace compares where a store says it is with where it was found. Parts
// that could not be found out on one of both sides are left out.
func samePlace(noted, found string) bool {
	a, b := strings.Split(noted, "/"), strings.Split(found, "/")
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] && a[i] != "" && b[i] != "" {
			return false
		}
	}
	return true
}
