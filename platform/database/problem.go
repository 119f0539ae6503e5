package database

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/mattn/go-sqlite3"
)

// failuresUntilIll is how many writes in a row the database must fail, or attempts to
// get its write lock, until that is told: one may have met a moment.
const failuresUntilIll = 3

var errPanicked = errors.New("the function panicked")

// writing is how the last writes went.
type writing struct {
	mu       sync.Mutex
	failures int
	last     error
	// locked is how often in a row another process had the write lock, and lockError
	// what SQLite said of that.
	locked    int
	lockError error
}

// noteLock takes the outcome of an attempt to get the write lock. It is counted apart
// from the writes: their callers may all leave before it is known.
func (w *writing) noteLock(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if isBusy(err) {
		w.locked++
		w.lockError = err
	} else {
		w.locked, w.lockError = 0, nil
	}
}

// isLocked tells whether another process had the write lock at the last attempt.
func (w *writing) isLocked() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.locked > 0
}

// note takes the outcome of a write. A function that refused says nothing of the
// database, nor does a caller that left; noteLock knows of the lock.
func (w *writing) note(ctx context.Context, err, refused error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case err == nil:
		w.failures, w.last = 0, nil
	case errors.Is(err, ErrUncertain), isOfStore(err), refused == nil && ctx.Err() == nil && !errors.Is(err, ErrClosed) && !isBusy(err):
		w.failures++
		w.last = err
	}
}

// isOfStore recognises what a database says of itself rather than of a statement: that it
// is full, damaged or not to be written.
func isOfStore(err error) bool {
	var lite sqlite3.Error
	if errors.As(err, &lite) {
		return slices.Contains([]sqlite3.ErrNo{sqlite3.ErrFull, sqlite3.ErrIoErr, sqlite3.ErrReadonly, sqlite3.ErrCorrupt}, lite.Code)
	}
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return false
	}
	for _, class := range []string{
		"53", "58", "XX", // insufficient resources, as a full disk; system error; internal error
		"25006", "42501", // read_only_sql_transaction, insufficient_privilege
	} {
		if strings.HasPrefix(pg.Code, class) {
			return true
		}
	}
	return false
}

// WriteProblem says why this database takes no writes: the last ones all failed, and
// through no fault of theirs, or its lock is not to be had. Nil: it takes them, or none
// was tried.
func (d *DB) WriteProblem() error {
	d.writing.mu.Lock()
	defer d.writing.mu.Unlock()
	if d.writing.locked >= failuresUntilIll {
		return fmt.Errorf("another process holds the lock for writing, at %d attempts in a row: %w", d.writing.locked, d.writing.lockError)
	}
	if d.writing.failures < failuresUntilIll {
		return nil
	}
	return fmt.Errorf("the last %d writes failed: %s", d.writing.failures, withoutValues(d.writing.last))
}
