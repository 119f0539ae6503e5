package database

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/pressly/goose/v3"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"

	"galleria/platform/lifecycle"
)

// Prepared statements are cached per connection by the driver, at most this
// many. gorm's own cache (PrepareStmt) keeps a goroutine for ever for each
// handle, and closes evicted statements while others may be running them.
const statementCache = "128"

// busyTimeout is how long SQLite itself waits for a lock of another process.
const busyTimeout = 5 * time.Second

// sqliteEngine is one SQLite file: one connection that writes, and a pool that
// only reads and so never waits for the writer.
type sqliteEngine struct {
	options Options
	file    string
	writer  *writer
	writing *sql.DB
	reading *sql.DB
	once    sync.Once
	err     error
}

func openSQLite(ctx context.Context, d *DB) (err error) {
	o := d.options
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return err
	}
	if err := OwnDirectory(dir); err != nil {
		return err
	}
	file := filepath.Join(dir, o.Module+".db")

	// Making the file, turning it to WAL and migrating want the file to
	// oneself: processes that start together do it one after the other.
	unlock, err := lockFile(ctx, file+".lock")
	if err != nil {
		return err
	}
	defer unlock()
	if err := ownFiles(file); err != nil {
		return err
	}

	e := &sqliteEngine{options: o, file: file}
	d.engine = e
	defer func() {
		if err != nil {
			e.closeHandles()
		}
	}()
	e.writing, err = sql.Open("sqlite3", dsn(file, url.Values{
		"_txlock": {"immediate"},
		"_sync":   {"FULL"},
		"_fk":     {"1"},
	}))
	if err != nil {
		return err
	}
	e.writing.SetMaxOpenConns(1)
	if err := useWAL(ctx, e.writing); err != nil {
		return err
	}
	if d.store, err = prepare(ctx, e.writing, sqliteKind(file), o); err != nil {
		return err
	}
	if err := removeDeadPulses(file); err != nil {
		return err
	}
	alive, err := e.startPulse(ctx, d.id)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			alive.stop()
		}
	}()
	if err := d.join(ctx, e.writing, ""); err != nil {
		return err
	}

	e.reading = openServing(dsn(file, url.Values{
		"mode":        {"ro"},
		"_query_only": {"1"},
		"_fk":         {"1"},
	}))
	// Reading is CPU work in a thread each: more connections than this only
	// make threads wait for each other.
	readers := max(8, 2*runtime.GOMAXPROCS(0))
	e.reading.SetMaxOpenConns(readers)
	e.reading.SetMaxIdleConns(readers)
	pool := &readPool{ConnPool: e.reading, count: &d.statements, quiet: true}
	if d.reader, err = handle(sqlite.New(sqlite.Config{Conn: pool}), o); err != nil {
		return err
	}

	conn, err := e.writing.Conn(ctx)
	if err != nil {
		return err
	}
	base, err := handle(sqlite.New(sqlite.Config{Conn: conn}), o)
	if err != nil {
		return err
	}
	e.writer = newWriter(d, conn, base, file)
	d.heart = newHeart(d, alive)
	return nil
}

func sqliteKind(file string) kind {
	return kind{goose.DialectSQLite3, "sqlite", func(context.Context, *sql.DB) (string, error) { return placeOf(file) }}
}

// useWAL turns a new file to write-ahead logging. It is not in the DSN because
// only the writer may do it, and must be sure that it happened.
func useWAL(ctx context.Context, db *sql.DB) error {
	var mode string
	if err := db.QueryRowContext(ctx, "PRAGMA journal_mode = WAL").Scan(&mode); err != nil {
		return fmt.Errorf("journal_mode: %w", err)
	}
	if mode != "wal" {
		return fmt.Errorf("journal_mode is %q, want wal: is the data directory on a network file system?", mode)
	}
	return nil
}

func dsn(file string, values url.Values) string {
	values.Set("_busy_timeout", fmt.Sprint(busyTimeout.Milliseconds()))
	values.Set("_stmt_cache_size", statementCache)
	return (&url.URL{Scheme: "file", Path: file, RawQuery: values.Encode()}).String()
}

// handle makes gorm's side of a connection.
func handle(dialector gorm.Dialector, o Options) (*gorm.DB, error) {
	keepValuesOut()
	return gorm.Open(dialector, &gorm.Config{
		SkipDefaultTransaction: true,
		DisableAutomaticPing:   true,
		NowFunc:                o.Now,
		Logger:                 statementLog{o.Log, o.SlowQuery},
	})
}

// lockFile takes an exclusive lock that ends with the process. It is not taken
// on the database file itself: closing any descriptor of that would drop the
// locks SQLite holds on it.
func lockFile(ctx context.Context, path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { f.Close() }, nil
		}
		if err != syscall.EWOULDBLOCK && err != syscall.EINTR {
			f.Close()
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		if err := lifecycle.Pause(ctx, 10*time.Millisecond); err != nil {
			f.Close()
			return nil, fmt.Errorf("wait for another process that opens the database: %w", err)
		}
	}
}

func (e *sqliteEngine) dialect() string { return "sqlite" }

func (e *sqliteEngine) write(ctx context.Context, alone bool, fn func(tx *gorm.DB) error) error {
	return e.writer.write(ctx, alone, fn)
}

// All processes that have the file open are on one machine, with one clock.
func (e *sqliteEngine) now(*gorm.DB) (time.Time, error) { return e.options.Now(), nil }

func (e *sqliteEngine) startPulse(_ context.Context, id string) (pulse, error) {
	return startFilePulse(pulsePath(e.file, id))
}

func (e *sqliteEngine) feel(_ context.Context, _ querier, id string) (string, error) {
	return feelFile(pulsePath(e.file, id))
}

func (e *sqliteEngine) close() error {
	e.once.Do(func() {
		e.writer.close()
		e.err = e.closeHandles()
	})
	return e.err
}

// Statements on a local file end by themselves.
func (e *sqliteEngine) cut() {}

func (e *sqliteEngine) closeHandles() error {
	var first error
	for _, db := range []*sql.DB{e.reading, e.writing} {
		if db == nil {
			continue
		}
		if err := db.Close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}
