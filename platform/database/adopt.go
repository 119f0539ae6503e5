package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

// Condition is what a store says of itself.
type Condition struct {
	StoreID    string
	Module     string
	Generation int64
	// Copied says that the store is not where it was made: see ErrCopied.
	Copied bool
	// PutBack says that it lacks a mark that Options.Marks remembers: see ErrPutBack.
	PutBack bool
	// SealedAt is zero when the store is not sealed.
	SealedAt  time.Time
	SealedWhy string
	// Holders are the processes that may write, also those that died and were
	// not noticed missing.
	Holders []Holder
}

// Holder is a process that holds a store.
type Holder struct {
	Process    string
	Generation int64
	Since      time.Time
}

// Inspect tells a store's condition, also of one that Open refuses. It does not
// make a store, and holds none.
func Inspect(ctx context.Context, o Options) (c Condition, err error) {
	err = visit(ctx, o, func(db *sql.DB, found string) error {
		var noted string
		var sealed int64
		err := db.QueryRowContext(ctx, "SELECT id, module, generation, place, sealed_at, sealed_why FROM store").
			Scan(&c.StoreID, &c.Module, &c.Generation, &noted, &sealed, &c.SealedWhy)
		if err != nil {
			return err
		}
		c.Copied = noted != "" && !samePlace(noted, found)
		if err := checkMark(ctx, db, o); errors.Is(err, ErrPutBack) {
			c.PutBack = true
		} else if err != nil {
			return err
		}
		if sealed != 0 {
			c.SealedAt = time.UnixMicro(sealed)
		}
		rows, err := db.QueryContext(ctx, "SELECT process, generation, since FROM holders ORDER BY since, process")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var h Holder
			var since int64
			if err := rows.Scan(&h.Process, &h.Generation, &since); err != nil {
				return err
			}
			h.Since = time.UnixMicro(since)
			c.Holders = append(c.Holders, h)
		}
		return rows.Err()
	})
	if err != nil {
		return Condition{}, fmt.Errorf("look at the store of %s: %w", o.Module, err)
	}
	return c, nil
}

// Adopt takes a store that Open refuses, or that processes hold which should
// not, for the real one from now on: it raises the generation, breaks the seal,
// notes where the store is, makes marks of before count no more, and removes all holders
// and their leases. Processes that have it open must be started again. The generation
// becomes higher than seen, the highest that the caller knows the store to have had: a backup
// has an older one. So does the number of adoptions, than that of the last mark in o.Marks.
func Adopt(ctx context.Context, o Options, seen int64) error {
	var last Mark
	if o.Marks != nil {
		var err error
		if last, err = o.Marks.Last(); err != nil {
			return fmt.Errorf("the last mark of the store: %w", err)
		}
	}
	err := visit(ctx, o, func(db *sql.DB, found string) error {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback() // without effect after a commit
		var id, module string
		if err := tx.QueryRowContext(ctx, "SELECT id, module FROM store").Scan(&id, &module); err != nil {
			return err
		}
		if module != o.Module {
			return foreign(id, module, o.Module)
		}
		if o.postgres() {
			if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", handsKey(id)); err != nil {
				return err
			}
		}
		_, err = tx.ExecContext(ctx, `UPDATE store SET sealed_at = 0, sealed_why = '', place = $1,
			generation = 1 + CASE WHEN generation > $2 THEN generation ELSE $2 END,
			adopted = 1 + CASE WHEN adopted > $3 THEN adopted ELSE $3 END`, found, seen, last.Adoptions)
		if err != nil {
			return err
		}
		for _, table := range []string{"holders", "leases"} {
			if _, err := tx.ExecContext(ctx, "DELETE FROM "+table); err != nil {
				return err
			}
		}
		return tx.Commit()
	})
	if err != nil {
		return fmt.Errorf("adopt the store of %s: %w", o.Module, err)
	}
	return nil
}

// ErrNoStore is wrapped by the errors of Inspect and Adopt when there is none.
var ErrNoStore = errors.New("there is none")

// visit opens a store that exists without becoming its holder, and brings the
// platform's tables up to date. found is where the store is.
func visit(ctx context.Context, o Options, do func(db *sql.DB, found string) error) error {
	if err := o.validate(); err != nil {
		return err
	}
	o = o.withDefaults()
	if o.postgres() {
		return visitPostgres(ctx, o, do)
	}
	file, err := filepath.Abs(filepath.Join(o.Dir, o.Module+".db"))
	if err != nil {
		return err
	}
	if _, err := os.Stat(file); err != nil {
		return fmt.Errorf("%w: %w", ErrNoStore, err)
	}
	unlock, err := lockFile(ctx, file+".lock")
	if err != nil {
		return err
	}
	defer unlock()
	db, err := sql.Open("sqlite3", dsn(file, url.Values{"_txlock": {"immediate"}, "_sync": {"FULL"}}))
	if err != nil {
		return err
	}
	defer db.Close()
	return visitAt(ctx, db, sqliteKind(file), do)
}

func visitPostgres(ctx context.Context, o Options, do func(db *sql.DB, found string) error) error {
	config, _, err := parseDSN(o.DSN)
	if err != nil {
		return err
	}
	o.MaxConns = max(o.MaxConns, 2) // one of them has the lock
	db := connect(*config, o)
	defer db.Close()
	if err := reach(ctx, db); err != nil {
		return err
	}
	var exists bool
	if err := db.QueryRowContext(ctx, "SELECT to_regclass('store') IS NOT NULL").Scan(&exists); err != nil {
		return err
	}
	if !exists {
		return fmt.Errorf("%w in schema %q", ErrNoStore, schema(config))
	}
	unlock, err := lockSchema(ctx, db, schema(config))
	if err != nil {
		return err
	}
	defer unlock()
	return visitAt(ctx, db, postgresKind, do)
}

func visitAt(ctx context.Context, db *sql.DB, at kind, do func(db *sql.DB, found string) error) error {
	if err := preparePlatform(ctx, db, at); err != nil {
		return err
	}
	found, err := at.place(ctx, db)
	if err != nil {
		return err
	}
	return do(db, found)
}
