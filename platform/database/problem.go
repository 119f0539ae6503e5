package database

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/mattn/go-sqlite3"
)

// failuresUntilIll is how many writes in a row the database must fail until that is
// told: one may have met a moment.
const failuresUntilIll = 3

var errPanicked = errors.New("the function panicked")

// writing is how the last writes went.
type writing struct {
	mu       sync.Mutex
	failures int
	last     error
}

// note takes the outcome of a write. A function that refused says nothing of the
// database, nor does a caller that left.
func (w *writing) note(ctx context.Context, err, refused error) {
	var failed sqlite3.Error
	store := errors.Is(err, ErrUncertain) || errors.As(err, &failed) &&
		(failed.Code == sqlite3.ErrFull || failed.Code == sqlite3.ErrIoErr || failed.Code == sqlite3.ErrReadonly || failed.Code == sqlite3.ErrCorrupt)
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case err == nil:
		w.failures, w.last = 0, nil
	case store, refused == nil && ctx.Err() == nil && !errors.Is(err, ErrClosed):
		w.failures++
		w.last = err
	}
}

// WriteProblem says why this database takes no writes: the last ones all failed, and
// through no fault of theirs. Nil: it takes them, or none was tried.
func (d *DB) WriteProblem() error {
	d.writing.mu.Lock()
	defer d.writing.mu.Unlock()
	if d.writing.failures < failuresUntilIll {
		return nil
	}
	return fmt.Errorf("the last %d writes failed: %s", d.writing.failures, withoutValues(d.writing.last))
}
