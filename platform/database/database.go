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

	"galleria/platform/telemetry"
)

// ErrClosed is returned by Write once Close was called; nothing was written.
var ErrClosed = errors.New("database: closed")

// ErrShadow is returned by Write in a shadow call: such a call changes nothing.
var ErrShadow = errors.New("database: a shadow call changes nothing")

// DB is a module's database. It is safe for concurrent use.
type DB struct {
	options Options
	engine  engine
	reader  *gorm.DB
	store   store

	id         string       // of this opening, among the holders and in leases
	generation atomic.Int64 // of the store, as this process knows it
	heart      *heart
	marking    marking

	statements atomic.Uint64
	// writes are the Writes that were kept, commits the transactions they took.
	writes, commits atomic.Uint64
	writing         writing

	mu        sync.Mutex
	listeners []*listener
}

// engine is what differs between SQLite and PostgreSQL.
type engine interface {
	dialect() string
	// write runs fn in a transaction of a holder. alone wants that no other
	// Write, of any process, is under way or comes after it in its transaction.
	write(ctx context.Context, alone bool, fn func(tx *gorm.DB) error) error
	// now is the clock leases are measured by, shared by all processes that
	// have this database open. It is called inside write.
	now(tx *gorm.DB) (time.Time, error)
	// startPulse makes the sign of life of the holder with this id, and feel
	// tells its last beat, "" when it is gone. db may be nil.
	startPulse(ctx context.Context, id string) (pulse, error)
	feel(ctx context.Context, db querier, id string) (beat string, err error)
	// close refuses new writes, waits for those accepted, and closes the
	// handles. cut ends what that waits for, where it can.
	close() error
	cut()
}

type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Open opens the database, makes it when it does not exist, and brings its
// tables up to date. It makes this process a holder of the store, until Close.
// It refuses a store that belongs to another module, was sealed, copied or put back.
// Several processes may open the same new database at the same moment.
func Open(ctx context.Context, o Options) (*DB, error) {
	if err := o.validate(); err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	d := &DB{options: o.withDefaults(), id: id.New()}
	d.marking.db = d
	open := openSQLite
	if o.postgres() {
		open = openPostgres
	}
	for {
		bounded, cancel := context.WithTimeout(unhurried(ctx), d.options.OpenWithin)
		err := open(bounded, d)
		cancel()
		if errors.Is(err, errTookLong) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("open database of %s: %w", o.Module, err)
		}
		break
	}
	d.marking.begin()
	return d, nil
}

// Read returns a handle for queries only; a statement that changes something
// fails. Each query sees everything committed before it began. Do not use it
// inside a Write's function: it does not see what that function wrote.
//
// On SQLite ctx is looked at before each statement and while it waits for a
// connection, not during it: a context that can be cancelled would cost the
// driver a goroutine per statement, and statements on a local file are short.
func (d *DB) Read(ctx context.Context) *gorm.DB {
	return d.reader.WithContext(ctx)
}

// Write runs fn in one transaction and returns once it is durable, or with the
// reason why nothing was written: fn's own error, ctx's when it ended before
// fn began, ErrClosed, ErrFenced, ErrSealed, ErrPutBack, or that of the
// database. Once fn has begun Write waits for the real outcome, also when ctx
// ends meanwhile. When the database fails to commit, the error wraps
// ErrUncertain: only reading again can tell.
//
// fn may run more than once and must use only tx; see the package comment.
func (d *DB) Write(ctx context.Context, fn func(tx *gorm.DB) error) error {
	if telemetry.IsShadow(ctx) {
		return ErrShadow
	}
	var refused error
	err := d.engine.write(ctx, false, func(tx *gorm.DB) error {
		refused = errPanicked // until it returns
		refused = fn(tx)
		return refused
	})
	d.writing.note(ctx, err, refused)
	return err
}

// kept counts a transaction that is durable with so many Writes in it.
func (d *DB) kept(writes int) {
	d.commits.Add(1)
	d.writes.Add(uint64(writes))
}

// StoreID identifies this database: random, made once, the same for every
// process that opens it.
func (d *DB) StoreID() string { return d.store.ID }

// Dialect is "sqlite" or "postgres".
func (d *DB) Dialect() string { return d.engine.dialect() }

// Statements is the number of statements run so far through Read and Write,
// transaction control not counted.
func (d *DB) Statements() uint64 { return d.statements.Load() }

// Commits is the number of transactions that this process has made durable so
// far by Write, and how many Writes were in them: those that wait at the same
// time share one.
func (d *DB) Commits() (commits, writes uint64) { return d.commits.Load(), d.writes.Load() }

// Ping returns why the database can't be read just now. It reads a row, unless the
// watch over the leases did so a moment ago.
func (d *DB) Ping(ctx context.Context) error {
	if d.heart.hasJustRead() {
		return nil
	}
	var id string
	if err := d.Read(ctx).Raw("SELECT id FROM store").Scan(&id).Error; err != nil {
		return fmt.Errorf("ping database of %s: %w", d.options.Module, err)
	}
	return nil
}

// Close refuses new writes, waits for those accepted, and closes the database.
// Stop everything that runs under Hold first. When ctx ends, Close waits no
// longer: writes that hang on a server out of reach are cut off, and end with
// an error. Closing twice is harmless.
func (d *DB) Close(ctx context.Context) error {
	closed := make(chan error, 1)
	go func() {
		d.heart.stop()
		d.marking.stop()
		closed <- d.engine.close()
	}()
	var err error
	select {
	case err = <-closed:
	case <-ctx.Done():
		d.engine.cut()
		select {
		case err = <-closed:
		case <-time.After(cutPatience):
			err = ctx.Err()
		}
	}
	if err != nil {
		return fmt.Errorf("close database of %s: %w", d.options.Module, err)
	}
	return nil
}

// cutPatience is how long writes that were cut off have to notice it.
const cutPatience = time.Second
