package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"gorm.io/gorm"
)

// A batch ends when no write waits, or at these bounds, so that its first write
// is not kept waiting by later ones, nor another process by the lock.
const (
	maxBatch     = 128
	maxBatchTime = 20 * time.Millisecond
)

// yields is how often the writer lets others run before it commits. Goroutines
// that are ready to run may be about to write, and then share the commit; with
// none ready it costs nothing. More than a few brought no more.
const yields = 4

// request is one Write on its way through the writer.
//
//	waiting ──> started ──> done
//	   └──────> abandoned            its caller's context ended first
type request struct {
	ctx   context.Context
	fn    func(tx *gorm.DB) error
	alone bool // is the last one of its batch
	state atomic.Int32
	err   error         // set before done is closed
	done  chan struct{} // closed when the outcome is durable

	announced []string // kinds of work; see Announce
}

const (
	waiting int32 = iota
	started
	abandoned
)

// writer is the one goroutine that writes to an SQLite file. Writes that wait
// at the same time share a commit, and so one fdatasync.
type writer struct {
	db    *DB
	conn  *sql.Conn
	base  *gorm.DB
	batch batch
	wal   wal

	mu      sync.Mutex
	queue   []*request
	closing bool
	wake    chan struct{} // capacity 1: there is something in the queue, or closing was set
	stopped chan struct{}
}

func newWriter(d *DB, conn *sql.Conn, base *gorm.DB, file string) *writer {
	w := &writer{
		db:      d,
		conn:    conn,
		base:    base,
		wal:     wal{path: file + "-wal"},
		wake:    make(chan struct{}, 1),
		stopped: make(chan struct{}),
	}
	go w.run()
	return w
}

func (w *writer) write(ctx context.Context, alone bool, fn func(tx *gorm.DB) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r := &request{ctx: ctx, fn: fn, alone: alone, done: make(chan struct{})}
	if !w.enqueue(r) {
		return ErrClosed
	}
	select {
	case <-r.done:
	case <-ctx.Done():
		if r.state.CompareAndSwap(waiting, abandoned) {
			return ctx.Err()
		}
		<-r.done // it has begun: only the writer knows how it ends
	}
	return r.err
}

func (w *writer) enqueue(r *request) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closing {
		return false
	}
	w.queue = append(w.queue, r)
	w.poke()
	return true
}

func (w *writer) poke() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// close refuses new writes and waits until those accepted are done.
func (w *writer) close() {
	w.mu.Lock()
	w.closing = true
	w.poke()
	w.mu.Unlock()
	<-w.stopped
}

// run serves the queue until the writer is closed and the queue is empty.
func (w *writer) run() {
	finished := false
	defer func() {
		if !finished {
			go w.run() // a function called runtime.Goexit, as t.Fatal does
			return
		}
		w.db.leave(context.Background(), w.conn)
		w.checkpointOnClose()
		close(w.stopped)
	}()
	if r := w.batch.running; r != nil {
		w.settle(r, errors.New("database: a write's function ended its goroutine"))
	}
	for {
		r := w.next()
		switch {
		case r != nil:
			w.execute(r)
		case w.batch.open:
			w.commit()
		default:
			finished = true
			return
		}
	}
}

// next returns the next request. It returns nil when the open batch should be
// committed, or, with none open, when the writer is closed.
func (w *writer) next() *request {
	if w.batch.full() {
		return nil
	}
	for yielded := 0; ; yielded++ {
		w.mu.Lock()
		if len(w.queue) > 0 {
			r := w.queue[0]
			w.queue[0] = nil
			w.queue = w.queue[1:]
			w.mu.Unlock()
			return r
		}
		w.queue = nil
		closing := w.closing
		w.mu.Unlock()
		switch {
		case w.batch.open && !closing && yielded < yields:
			runtime.Gosched()
		case w.batch.open || closing:
			return nil
		case w.db.writing.isLocked():
			// Callers may stay away because of it: without them it must be found out,
			// too, that it is over.
			w.probe()
		default:
			<-w.wake
		}
	}
}

// call runs the request's function on a handle of its own. A panic becomes an
// error.
func (w *writer) call(r *request) (err error) {
	pool := &txPool{ConnPool: w.conn, count: &w.db.statements, quiet: true}
	defer pool.ended.Store(true)
	if l := w.db.leaseOf(r.ctx); l != nil {
		var token int64
		err := w.conn.QueryRowContext(context.Background(), leaseQuery, l.name, w.db.id, l.token).Scan(&token)
		if err := l.check(err); err != nil {
			return err
		}
	}
	err = guard(w.db.options.Log, func() error { return r.fn(transaction(r.ctx, w.base, pool)) })
	r.announced = pool.announced
	return err
}

// transaction is the handle a Write's function gets.
func transaction(ctx context.Context, base *gorm.DB, pool *txPool) *gorm.DB {
	tx := base.Session(&gorm.Session{NewDB: true, Context: ctx})
	tx.Statement.ConnPool = pool
	return tx
}

func (r *request) start() bool { return r.state.CompareAndSwap(waiting, started) }

func (r *request) finish(err error) {
	r.err = err
	close(r.done)
}

// fail ends a request that has not begun.
func (r *request) fail(err error) {
	if r.start() {
		r.finish(fmt.Errorf("database: %w", err))
	}
}
