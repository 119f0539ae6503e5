package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"gorm.io/gorm"

	"galleria/platform/id"
	"galleria/platform/lifecycle"
)

// ErrPutBack is wrapped by the error of Open on a store that was put back to an earlier
// state where it is: a backup was copied over it, say. So it is by that of a Write of a
// process that has it open meanwhile, from its next mark on. Nothing was written to it then.
// It says which command uses the store as it is.
var ErrPutBack = errors.New("database: the store was put back to an earlier state")

// Mark is what a process leaves in a store, and remembers outside of it once it is on
// disk there:
//
//	Open ──> left ──> kept ──(after markEvery, if something was committed)──┐
//	          ▲                                                             │
//	          └─────────────────────────────────────────────────────────────┘  and so at Close
//
// A store that lacks the mark that was kept last was put back to an earlier state, though it
// is where it was made. A process that dies between leaving and keeping remembers an
// earlier mark, and the store has that one, too. Marks are random, because a store that was put
// back and is used by a process that remembers less of it counts on to the same numbers.
// The generation does not serve for this: processes that share a store would fence one
// another.
type Mark struct {
	Store     string // its id
	Adoptions int64  // how often the store had been adopted when the mark was left
	Number    int64  // of the mark in the store, counted from 1
	Text      string
}

// Marks remembers the last mark that was left in a store, outside of it.
type Marks interface {
	// Last is the mark that was kept last; the zero Mark if none was.
	Last() (Mark, error)
	// Keep remembers a mark, unless one that was left later is kept already.
	Keep(Mark) error
}

// markEvery is how often a process leaves a mark in a store that it writes to: a backup of
// less than that before it was killed may not be told from the store itself.
const markEvery = 5 * time.Minute

// marksKept is how many marks a store has. Of one that was left before them it can't be
// said whether the store had it.
const marksKept = 1000

// marking leaves the marks of one open database.
type marking struct {
	db      *DB
	end     context.CancelFunc
	ended   sync.WaitGroup
	last    Mark        // of this process
	commits uint64      // how many this process had made, including that mark's
	putBack atomic.Bool // the store lacks that mark
}

// querying is a transaction or what stands for one.
type querying interface {
	querier
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// lacks tells whether a store lacks a mark that was left in it.
func lacks(ctx context.Context, db querier, m Mark) (bool, error) {
	if m == (Mark{}) {
		return false, nil
	}
	var store string
	var adopted, oldest int64
	var there bool
	err := db.QueryRowContext(ctx, `SELECT id, adopted, (SELECT COALESCE(MIN(number), 0) FROM marks),
		EXISTS (SELECT 1 FROM marks WHERE number = $1 AND mark = $2) FROM store`, m.Number, m.Text).
		Scan(&store, &adopted, &oldest, &there)
	if err != nil {
		return false, fmt.Errorf("look for the mark: %w", err)
	}
	// What was left before the store was adopted, or before its oldest mark, counts no more. A
	// store that was adopted less often was put back to before that.
	return store == m.Store && (m.Adoptions > adopted || m.Adoptions == adopted && m.Number >= oldest && !there), nil
}

func putBackError(m Mark, module string) error {
	return fmt.Errorf("%w: store %s of %s lacks mark %d, which was left in it before; if it is to be used as it is: %s",
		ErrPutBack, m.Store, module, m.Number, toAdopt(module))
}

// checkMark refuses a store that lacks the mark that is remembered.
func checkMark(ctx context.Context, db querier, o Options) error {
	if o.Marks == nil {
		return nil
	}
	m, err := o.Marks.Last()
	if err != nil {
		return fmt.Errorf("the last mark of the store: %w", err)
	}
	missing, err := lacks(ctx, db, m)
	if err == nil && missing {
		err = putBackError(m, o.Module)
	}
	return err
}

// add leaves a mark, to be kept when the transaction is durable, unless the store lacks
// the last one. It is the zero Mark when none is wanted, or this process lost the store.
func (m *marking) add(ctx context.Context, tx querying) (Mark, error) {
	if m.db.options.Marks == nil {
		return Mark{}, nil
	}
	missing, err := lacks(ctx, tx, m.last)
	if err != nil {
		return Mark{}, err
	}
	if missing {
		m.putBack.Store(true)
		return Mark{}, putBackError(m.last, m.db.store.Module)
	}
	mark := Mark{Store: m.db.store.ID, Text: id.New()}
	err = tx.QueryRowContext(ctx, "UPDATE store SET marks = marks + 1 WHERE generation = $1 AND sealed_at = 0 RETURNING marks, adopted", m.db.generation.Load()).
		Scan(&mark.Number, &mark.Adoptions)
	if errors.Is(err, sql.ErrNoRows) {
		return Mark{}, nil
	}
	if err == nil {
		_, err = tx.ExecContext(ctx, "INSERT INTO marks (number, mark) VALUES ($1, $2)", mark.Number, mark.Text)
	}
	if err == nil {
		_, err = tx.ExecContext(ctx, "DELETE FROM marks WHERE number <= $1", mark.Number-marksKept)
	}
	if err != nil {
		return Mark{}, fmt.Errorf("leave a mark: %w", err)
	}
	return mark, nil
}

// keep remembers a mark that is durable, and how many commits were made here by then. When
// that fails the one before is remembered, which the store has as well.
func (m *marking) keep(mark Mark, commits uint64) {
	if mark == (Mark{}) {
		return
	}
	m.last, m.commits = mark, commits
	if err := m.db.options.Marks.Keep(mark); err != nil {
		m.db.options.Log.Warn("the mark in the store is not remembered, only an earlier one", "error", err)
	}
}

// begin goes on leaving marks until stop.
func (m *marking) begin() {
	if m.db.options.Marks == nil {
		return
	}
	var ctx context.Context
	ctx, m.end = context.WithCancel(context.Background())
	m.ended.Go(func() {
		for lifecycle.Pause(ctx, lifecycle.Together(markEvery)) == nil {
			if err := m.goOn(ctx); err != nil && ctx.Err() == nil {
				m.db.options.Log.ErrorContext(ctx, "no mark is left in the store", "error", withoutValues(err))
			}
		}
	})
}

func (m *marking) stop() {
	if m.end != nil {
		m.end()
		m.ended.Wait()
	}
}

// due tells whether something was committed since the last mark. An idle process writes none.
func (m *marking) due() bool {
	return m.db.options.Marks != nil && m.db.commits.Load() != m.commits
}

// goOn leaves the next mark if it is due.
func (m *marking) goOn(ctx context.Context) error {
	if !m.due() {
		return nil
	}
	var mark Mark
	var commits uint64
	err := m.db.engine.write(ctx, false, func(tx *gorm.DB) (err error) {
		commits = m.db.commits.Load() + 1
		mark, err = m.add(ctx, tx.Statement.ConnPool)
		return err
	})
	if err != nil {
		return err
	}
	m.keep(mark, commits)
	return nil
}
