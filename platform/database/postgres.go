package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pressly/goose/v3"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"

	"galleria/platform/lifecycle"
)

// maxRuns bounds how often a transaction is run that PostgreSQL asks to repeat.
const maxRuns = 10

// postgresEngine is one schema of a PostgreSQL database. pgx caches prepared
// statements per connection, at most 512.
type postgresEngine struct {
	db      *DB
	base    *gorm.DB
	writing *sql.DB
	reading *sql.DB
	hands   int64 // advisory lock: writers share it, Dismiss and Adopt have it alone

	life    context.Context // ends when nothing may wait for the server any more
	endLife context.CancelFunc

	mu      sync.Mutex
	closing bool
	running sync.WaitGroup
	leaving sync.Once
}

func openPostgres(ctx context.Context, d *DB) (err error) {
	o := d.options
	config, most, err := parseDSN(o.DSN)
	if err != nil {
		return err
	}
	if o.MaxConns == 0 {
		o.MaxConns = most
	}
	config.RuntimeParams["application_name"] = o.Module
	noticeLoss(config)
	endStalled(config)
	e := &postgresEngine{db: d}
	e.life, e.endLife = context.WithCancel(context.Background())
	defer func() {
		if err != nil {
			e.closeHandles()
		}
	}()
	e.writing = connect(*config, o)
	if err := reach(ctx, e.writing); err != nil {
		return err
	}
	// Reading changes nothing here either, as on SQLite.
	readOnly := config.Copy()
	readOnly.RuntimeParams["default_transaction_read_only"] = "on"
	e.reading = connect(*readOnly, o)

	d.engine = e
	alive, err := e.enter(ctx, schema(config))
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			alive.stop()
		}
	}()
	if e.base, err = handle(postgres.New(postgres.Config{Conn: e.writing}), o); err != nil {
		return err
	}
	pool := &readPool{ConnPool: e.reading, count: &d.statements}
	if d.reader, err = handle(postgres.New(postgres.Config{Conn: pool}), o); err != nil {
		return err
	}
	d.heart = newHeart(d, alive)
	return nil
}

// connectWithin is how long the server may take to answer at all.
const connectWithin = 10 * time.Second

// reach finds out early whether the server is there, for migrations may take
// their time.
func reach(ctx context.Context, db *sql.DB) error {
	ctx, cancel := context.WithTimeout(ctx, connectWithin)
	defer cancel()
	return db.PingContext(ctx)
}

// schema is the first one of the search path: where tables are made.
func schema(config *pgx.ConnConfig) string {
	first, _, _ := strings.Cut(config.RuntimeParams["search_path"], ",")
	return strings.Trim(strings.TrimSpace(first), `"`)
}

// enter makes the schema, migrates it, and joins its holders, one process at a
// time.
func (e *postgresEngine) enter(ctx context.Context, schema string) (alive pulse, err error) {
	unlock, err := lockSchema(ctx, e.reading, schema)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := e.prepare(ctx, schema); err != nil {
		return nil, err
	}
	if alive, err = e.startPulse(ctx, e.db.id); err != nil {
		return nil, err
	}
	if err := e.db.join(ctx, e.writing, fmt.Sprintf("SELECT pg_advisory_xact_lock_shared(%d)", e.hands)); err != nil {
		alive.stop()
		return nil, err
	}
	return alive, nil
}

func (e *postgresEngine) prepare(ctx context.Context, schema string) (err error) {
	if schema != "" {
		// Asked first, for a role may own its schema without the right to make one.
		var exists bool
		err := e.writing.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = $1)", schema).Scan(&exists)
		if err != nil {
			return err
		}
		if !exists {
			if _, err := e.writing.ExecContext(ctx, "CREATE SCHEMA "+pgx.Identifier{schema}.Sanitize()); err != nil {
				return fmt.Errorf("make schema %q: %w", schema, err)
			}
		}
	}
	if e.db.store, err = prepare(ctx, e.writing, postgresKind, e.db.options); err != nil {
		return err
	}
	e.hands = handsKey(e.db.store.ID)
	return nil
}

// A restored dump has another table, a copied cluster another identifier.
var postgresKind = kind{goose.DialectPostgres, "postgres", func(ctx context.Context, db *sql.DB) (place string, err error) {
	err = db.QueryRowContext(ctx, "SELECT oid || '/' || CAST(CAST('store' AS regclass) AS oid) FROM pg_database WHERE datname = current_database()").Scan(&place)
	if err != nil {
		return "", err
	}
	var system string
	// Not every role may read it, and not every service has it.
	if err := db.QueryRowContext(ctx, "SELECT CAST(system_identifier AS TEXT) FROM pg_control_system()").Scan(&system); err != nil && ctx.Err() != nil {
		return "", err
	}
	return place + "/" + system, nil
}}

// lockSchema keeps other processes from opening the schema meanwhile. The lock
// is tried and tried again rather than waited for: a statement that waits keeps
// a snapshot, for which CREATE INDEX CONCURRENTLY in a migration would wait.
func lockSchema(ctx context.Context, db *sql.DB, schema string) (unlock func(), err error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	key := lockKey("migrate " + schema)
	for {
		var locked bool
		err := conn.QueryRowContext(ctx, "SELECT pg_try_advisory_lock($1)", key).Scan(&locked)
		if err == nil && locked {
			return func() {
				ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endWithin)
				defer cancel()
				conn.ExecContext(ctx, "SELECT pg_advisory_unlock($1)", key)
				conn.Close()
			}, nil
		}
		if err == nil {
			if err = lifecycle.Pause(ctx, 20*time.Millisecond); err != nil {
				err = fmt.Errorf("wait for another process that opens the database: %w", err)
			}
		}
		if err != nil {
			conn.Close()
			return nil, err
		}
	}
}

// handsKey names the lock of a store that writers share, and that Dismiss and Adopt
// have alone.
func handsKey(storeID string) int64 { return lockKey("hands " + storeID) }

// lockKey makes an advisory lock of a name; those are per database.
func lockKey(name string) int64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	return int64(h.Sum64())
}

func (e *postgresEngine) write(ctx context.Context, alone bool, fn func(tx *gorm.DB) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !e.accept() {
		return ErrClosed
	}
	defer e.running.Done()
	pause := 2 * time.Millisecond
	for run := 1; ; run++ {
		announced, err, conflict := e.once(ctx, alone, fn)
		if err == nil {
			e.db.kept(1)
			e.db.committed(announced)
			return nil
		}
		if !conflict || run == maxRuns {
			return err
		}
		// Random, so that the two do not meet again.
		if lifecycle.Pause(ctx, pause/2+rand.N(pause)) != nil {
			return err
		}
		pause = min(2*pause, 200*time.Millisecond)
	}
}

func (e *postgresEngine) accept() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closing {
		return false
	}
	e.running.Add(1)
	return true
}

// endWithin is how long a commit or rollback may take.
const endWithin = 10 * time.Second

// once runs fn in one transaction. conflict says that it was rolled back and
// the database asks for it to be run again.
func (e *postgresEngine) once(ctx context.Context, alone bool, fn func(tx *gorm.DB) error) (announced []string, err error, conflict bool) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(e.life, stop)()
	conn, err := e.writing.Conn(ctx)
	if err != nil {
		return nil, err, false
	}
	defer conn.Close()
	// ctx ends fn's statements, but not the commit: cutting that off would
	// leave the outcome unknown. A server out of reach does so in the end.
	whole, giveUp := context.WithCancel(e.life)
	defer giveUp()
	beginning := context.AfterFunc(ctx, giveUp)
	tx, err := conn.BeginTx(whole, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	beginning()
	if err != nil {
		return nil, fmt.Errorf("begin: %w", errors.Join(err, ctx.Err())), false
	}
	defer func() {
		defer time.AfterFunc(endWithin, giveUp).Stop()
		tx.Rollback() // without effect after a commit
	}()
	if err := e.admit(ctx, conn, alone); err != nil {
		return nil, err, isConflict(err)
	}
	pool := &txPool{ConnPool: tx, count: &e.db.statements}
	err = func() error {
		defer pool.ended.Store(true)
		return guard(e.db.options.Log, func() error { return fn(transaction(ctx, e.base, pool)) })
	}()
	if err != nil {
		return nil, err, pool.conflict.Load() || isConflict(err)
	}
	defer time.AfterFunc(endWithin, giveUp).Stop()
	if err := tx.Commit(); err != nil {
		if pool.conflict.Load() || isConflict(err) {
			return nil, err, true
		}
		return nil, away(fmt.Errorf("%w: %w", ErrUncertain, err)), false
	}
	return pool.announced, nil, false
}

// admit looks, in the transaction open on conn, whether this process holds the
// store, and keeps it so until the transaction ends. The lock and the looks are
// statements of their own, sent together: one statement would look with the
// snapshot it had before it waited for the lock.
func (e *postgresEngine) admit(ctx context.Context, conn *sql.Conn, alone bool) error {
	lock := "SELECT pg_advisory_xact_lock_shared($1)"
	if alone {
		lock = "SELECT pg_advisory_xact_lock($1)"
	}
	const aloneFor = "SET LOCAL lock_timeout = 500" // ms: new writers wait behind it
	var s standing
	var unheld error
	l := e.db.leaseOf(ctx)
	err := conn.Raw(func(dc any) error {
		var all pgx.Batch
		if alone {
			all.Queue(aloneFor)
		}
		all.Queue(lock, e.hands)
		if alone {
			all.Queue("SET LOCAL lock_timeout = DEFAULT")
		}
		all.Queue(standingQuery).QueryRow(func(row pgx.Row) error {
			return row.Scan(&s.generation, &s.sealedAt, &s.sealedWhy)
		})
		if l != nil {
			// Shared, so that no other process takes it until this has ended.
			all.Queue(leaseQuery+" FOR SHARE", l.name, e.db.id, l.token).QueryRow(func(row pgx.Row) error {
				var token int64
				if err := row.Scan(&token); !errors.Is(err, pgx.ErrNoRows) {
					return err
				}
				unheld = sql.ErrNoRows
				return nil
			})
		}
		c := dc.(*checkedConn)
		return c.told(c.Conn.Conn().SendBatch(ctx, &all).Close())
	})
	if hasCode(err, "55P03") { // lock_not_available
		return fmt.Errorf("a process has a write under way that does not end: %w", err)
	}
	if err != nil {
		return fmt.Errorf("read the store's generation: %w", err)
	}
	err = e.db.admit(s, func() (held int64, err error) {
		return held, conn.QueryRowContext(ctx, heldQuery, e.db.options.Holder).Scan(&held)
	})
	if err != nil || l == nil {
		return err
	}
	return l.check(unheld)
}

// isConflict recognises serialization_failure and deadlock_detected.
func isConflict(err error) bool { return hasCode(err, "40001", "40P01") }

// hasCode recognises errors of the server by their SQLSTATE.
func hasCode(err error, codes ...string) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && slices.Contains(codes, e.Code)
}

func (e *postgresEngine) dialect() string { return "postgres" }

// now is the server's clock: the processes may be on several machines.
func (e *postgresEngine) now(tx *gorm.DB) (time.Time, error) {
	var micros int64
	err := tx.Raw("SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)").Scan(&micros).Error
	return time.UnixMicro(micros), err
}

func (e *postgresEngine) startPulse(ctx context.Context, id string) (pulse, error) {
	return startSessionPulse(ctx, e.db.options.DSN, e.db.options.Module, id)
}

func (e *postgresEngine) feel(ctx context.Context, db querier, id string) (string, error) {
	if db == nil {
		db = e.reading
	}
	return feelSession(ctx, db, id)
}

func (e *postgresEngine) close() error {
	e.mu.Lock()
	e.closing = true
	e.mu.Unlock()
	e.running.Wait()
	e.leaving.Do(func() {
		ctx, cancel := context.WithTimeout(e.life, endWithin)
		defer cancel()
		e.db.leave(ctx, e.writing)
	})
	return e.closeHandles()
}

func (e *postgresEngine) cut() { e.endLife() }

func (e *postgresEngine) closeHandles() error {
	e.endLife()
	var errs []error
	for _, db := range []*sql.DB{e.reading, e.writing} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}
