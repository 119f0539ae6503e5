package database

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/mattn/go-sqlite3"
)

// ErrUncertain is wrapped by the error of a Write whose commit failed: most
// likely nothing was written, but only reading again can tell. Repeat it with
// the same idempotency key.
var ErrUncertain = errors.New("database: the commit failed")

// beginPatience bounds the wait for another process that writes to the file.
const beginPatience = 30 * time.Second

// batch is the open transaction:
//
//	BEGIN IMMEDIATE                     then: does this process hold the store?
//	  first function                    needs no savepoint: when it fails,
//	  SAVEPOINT group, second, RELEASE  nothing else is in the transaction yet
//	  SAVEPOINT group, third, RELEASE
//	COMMIT                              one fdatasync, then all are told,
//	                                    also those that were undone
type batch struct {
	open    bool
	began   time.Time
	members []*request // succeeded, and waiting for the commit
	refused []refusal  // failed after others succeeded, and waiting with them
	running *request
	last    bool // nothing comes after what ran
}

// refusal is a failed request and its function's reason. That may be what a
// member wrote ("this name is taken"), so it is told when that is durable.
type refusal struct {
	request *request
	reason  error
}

func (b *batch) full() bool {
	return b.open && (b.last || len(b.members)+len(b.refused) >= maxBatch || len(b.members) > 0 && time.Since(b.began) > maxBatchTime)
}

// execute runs one request in the batch, and opens that when need be.
func (w *writer) execute(r *request) {
	b := &w.batch
	if !b.open {
		if err := w.begin(r); err != nil {
			r.fail(err)
			return
		}
	}
	if !r.start() {
		return
	}
	if len(b.members) > 0 {
		if err := w.control("SAVEPOINT group_commit"); err != nil {
			w.abort(r, err)
			return
		}
	}
	b.running = r
	err := w.call(r)
	w.settle(r, err)
}

// settle keeps or undoes what the function just run did, and nothing else.
func (w *writer) settle(r *request, failure error) {
	b := &w.batch
	b.running = nil
	b.last = r.alone
	if w.idle() {
		// SQLite gave up the whole transaction (disk full, I/O error), or the
		// function sent a COMMIT or ROLLBACK of its own.
		if failure == nil {
			failure = errors.New("a function ended the transaction")
		}
		w.abort(r, failure)
		return
	}
	first := len(b.members) == 0
	var err error
	switch {
	case failure == nil && first:
	case failure == nil:
		err = w.control("RELEASE group_commit")
	case first:
		b.open = false
		err = w.control("ROLLBACK")
	default:
		err = w.control("ROLLBACK TO group_commit; RELEASE group_commit")
	}
	switch {
	case err != nil:
		w.abort(r, err)
	case failure == nil:
		b.members = append(b.members, r)
	case first:
		r.finish(failure)
	default:
		b.refused = append(b.refused, refusal{r, failure})
	}
}

// begin waits for the file's write lock until r, the request that wants it, is
// abandoned.
func (w *writer) begin(r *request) error {
	b := &w.batch
	for since := time.Now(); r.state.Load() != abandoned; {
		err := w.lock()
		switch {
		case err == nil:
			if err := w.admit(); err != nil {
				return errors.Join(err, w.control("ROLLBACK"))
			}
			b.open, b.last = true, false
			b.began = time.Now()
			return nil
		case !isBusy(err) || time.Since(since) > beginPatience:
			return fmt.Errorf("begin: %w", err)
		}
	}
	return r.ctx.Err()
}

// lock tries to get the file's write lock, for as long as SQLite itself waits.
func (w *writer) lock() error {
	err := w.control("BEGIN IMMEDIATE")
	if err != nil && !w.idle() { // left over from a rollback that failed
		err = errors.Join(err, w.control("ROLLBACK"))
	}
	w.db.writing.noteLock(err)
	return err
}

// probe looks whether the write lock can be had again, while no request wants it.
func (w *writer) probe() {
	if w.lock() != nil {
		return
	}
	if err := w.control("ROLLBACK"); err != nil {
		w.db.options.Log.Error("rollback failed", "error", err)
	}
}

// admit looks, behind the write lock, whether this process holds the store.
func (w *writer) admit() error {
	ctx := context.Background()
	var s standing
	if err := w.conn.QueryRowContext(ctx, standingQuery).Scan(&s.generation, &s.sealedAt, &s.sealedWhy); err != nil {
		return fmt.Errorf("read the store's generation: %w", err)
	}
	return w.db.admit(s, func() (held int64, err error) {
		return held, w.conn.QueryRowContext(ctx, heldQuery, w.db.options.Holder).Scan(&held)
	})
}

// commit makes the batch durable and tells its members.
func (w *writer) commit() {
	b := &w.batch
	if len(b.members) == 0 {
		// All requests were abandoned while begin waited for the lock.
		b.open = false
		if err := w.control("ROLLBACK"); err != nil {
			w.db.options.Log.Error("rollback failed", "error", err)
		}
		return
	}
	if err := w.control("COMMIT"); err != nil {
		w.abort(nil, err)
		return
	}
	b.open = false
	w.db.kept(len(b.members))
	var announced []string
	for i, r := range b.members {
		announced = append(announced, r.announced...)
		r.finish(nil)
		b.members[i] = nil
	}
	b.members = b.members[:0]
	for i, refused := range b.refused {
		refused.request.finish(refused.reason)
		b.refused[i] = refusal{}
	}
	b.refused = b.refused[:0]
	w.db.committed(announced)
	w.boundWAL()
}

// abort gives the whole batch up: for its members, and for r if not nil.
func (w *writer) abort(r *request, cause error) {
	b := &w.batch
	b.open = false
	if !w.idle() {
		if err := w.control("ROLLBACK"); err != nil {
			cause = errors.Join(cause, err)
		}
	}
	if r != nil {
		b.members = append(b.members, r)
	}
	for i, refused := range b.refused {
		b.members = append(b.members, refused.request)
		b.refused[i] = refusal{}
	}
	b.refused = b.refused[:0]
	w.db.options.Log.Error("a batch of writes failed", "writes", len(b.members), "error", withoutValues(cause))
	for i, r := range b.members {
		r.finish(fmt.Errorf("%w: %w", ErrUncertain, cause))
		b.members[i] = nil
	}
	b.members = b.members[:0]
}

// control runs a statement of the writer's own. It goes to the driver directly:
// database/sql knows nothing of transactions begun by hand.
func (w *writer) control(query string) error {
	return w.raw(func(c *sqlite3.SQLiteConn) error {
		_, err := c.ExecContext(context.Background(), query, nil)
		return err
	})
}

// idle reports whether no transaction is open.
func (w *writer) idle() (idle bool) {
	err := w.raw(func(c *sqlite3.SQLiteConn) error {
		idle = c.AutoCommit()
		return nil
	})
	return err == nil && idle
}

func (w *writer) raw(do func(*sqlite3.SQLiteConn) error) error {
	return w.conn.Raw(func(dc any) error {
		c, ok := dc.(*sqlite3.SQLiteConn)
		if !ok {
			return driver.ErrBadConn
		}
		return do(c)
	})
}

func isBusy(err error) bool {
	var e sqlite3.Error
	return errors.As(err, &e) && (e.Code == sqlite3.ErrBusy || e.Code == sqlite3.ErrLocked)
}
