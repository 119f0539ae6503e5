package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
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

	mu      sync.Mutex
	closing bool
	running sync.WaitGroup
}

func openPostgres(ctx context.Context, d *DB) (err error) {
	o := d.options
	config, err := pgx.ParseConfig(o.DSN)
	if err != nil {
		return err // pgx leaves the password out
	}
	config.RuntimeParams["application_name"] = o.Module
	e := &postgresEngine{db: d}
	defer func() {
		if err != nil {
			e.closeHandles()
		}
	}()
	e.writing = connect(*config, o)
	// Reading changes nothing here either, as on SQLite.
	readOnly := config.Copy()
	readOnly.RuntimeParams["default_transaction_read_only"] = "on"
	e.reading = connect(*readOnly, o)

	if err := e.prepare(ctx, schema(config)); err != nil {
		return err
	}
	if e.base, err = handle(postgres.New(postgres.Config{Conn: e.writing}), o); err != nil {
		return err
	}
	pool := &readPool{ConnPool: e.reading, count: &d.statements}
	if d.reader, err = handle(postgres.New(postgres.Config{Conn: pool}), o); err != nil {
		return err
	}
	d.engine = e
	return nil
}

func connect(config pgx.ConnConfig, o Options) *sql.DB {
	db := stdlib.OpenDB(config)
	db.SetMaxOpenConns(o.MaxConns)
	db.SetMaxIdleConns(o.MaxConns)
	db.SetConnMaxIdleTime(5 * time.Minute)
	return db
}

// schema is the first one of the search path: where tables are made.
func schema(config *pgx.ConnConfig) string {
	first, _, _ := strings.Cut(config.RuntimeParams["search_path"], ",")
	return strings.Trim(strings.TrimSpace(first), `"`)
}

// prepare makes the schema and migrates it, one process at a time. The lock is
// tried and tried again rather than waited for: a statement that waits keeps a
// snapshot, for which CREATE INDEX CONCURRENTLY in a migration would wait.
func (e *postgresEngine) prepare(ctx context.Context, schema string) error {
	conn, err := e.reading.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	key := lockKey(schema)
	for {
		var locked bool
		if err := conn.QueryRowContext(ctx, "SELECT pg_try_advisory_lock($1)", key).Scan(&locked); err != nil {
			return err
		}
		if locked {
			break
		}
		if err := sleep(ctx, 20*time.Millisecond); err != nil {
			return fmt.Errorf("wait for another process that opens the database: %w", err)
		}
	}
	defer conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", key)

	if schema != "" {
		// Asked first, for a role may own its schema without the right to make one.
		var exists bool
		err := conn.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = $1)", schema).Scan(&exists)
		if err != nil {
			return err
		}
		if !exists {
			if _, err := e.writing.ExecContext(ctx, "CREATE SCHEMA "+pgx.Identifier{schema}.Sanitize()); err != nil {
				return fmt.Errorf("make schema %q: %w", schema, err)
			}
		}
	}
	e.db.store, err = prepare(ctx, e.writing, goose.DialectPostgres, "postgres", e.db.options)
	return err
}

// lockKey names the advisory lock of a schema; those are per database.
func lockKey(schema string) int64 {
	h := fnv.New64a()
	h.Write([]byte("migrate " + schema))
	return int64(h.Sum64())
}

func (e *postgresEngine) write(ctx context.Context, fn func(tx *gorm.DB) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !e.enter() {
		return ErrClosed
	}
	defer e.running.Done()
	pause := 2 * time.Millisecond
	for run := 1; ; run++ {
		err, conflict := e.once(ctx, fn)
		if err == nil {
			e.db.committed()
			return nil
		}
		if !conflict || run == maxRuns {
			return err
		}
		// Random, so that the two do not meet again.
		if sleep(ctx, pause/2+rand.N(pause)) != nil {
			return err
		}
		pause = min(2*pause, 200*time.Millisecond)
	}
}

func (e *postgresEngine) enter() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closing {
		return false
	}
	e.running.Add(1)
	return true
}

// once runs fn in one transaction. conflict says that it was rolled back and
// the database asks for it to be run again.
func (e *postgresEngine) once(ctx context.Context, fn func(tx *gorm.DB) error) (err error, conflict bool) {
	conn, err := e.writing.Conn(ctx)
	if err != nil {
		return err, false
	}
	defer conn.Close()
	// ctx ends fn's statements, but not the commit: cutting that off would
	// leave the outcome unknown.
	tx, err := conn.BeginTx(context.WithoutCancel(ctx), &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return fmt.Errorf("begin: %w", err), false
	}
	defer tx.Rollback() // without effect after a commit
	pool := &txPool{ConnPool: tx, count: &e.db.statements}
	err = func() error {
		defer pool.ended.Store(true)
		return guard(e.db.options.Log, func() error { return fn(transaction(ctx, e.base, pool)) })
	}()
	if err != nil {
		return err, pool.conflict.Load() || isConflict(err)
	}
	if err := tx.Commit(); err != nil {
		if pool.conflict.Load() || isConflict(err) {
			return err, true
		}
		return fmt.Errorf("%w: %w", ErrUncertain, err), false
	}
	return nil, false
}

// isConflict recognises serialization_failure and deadlock_detected.
func isConflict(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && (e.Code == "40001" || e.Code == "40P01")
}

func (e *postgresEngine) dialect() string { return "postgres" }

// now is the server's clock: the processes may be on several machines.
func (e *postgresEngine) now(tx *gorm.DB) (time.Time, error) {
	var micros int64
	err := tx.Raw("SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)").Scan(&micros).Error
	return time.UnixMicro(micros), err
}

func (e *postgresEngine) close() error {
	e.mu.Lock()
	e.closing = true
	e.mu.Unlock()
	e.running.Wait()
	return e.closeHandles()
}

func (e *postgresEngine) closeHandles() error {
	return errors.Join(e.reading.Close(), e.writing.Close())
}
