package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/stdlib"
)

// maxConns is how many connections read, and how many write, when the DSN does not say it.
const maxConns = 8

// poolSize is the part of a DSN that bounds the connections, named as in pgx's own pool.
const poolSize = "pool_max_conns"

// parseDSN reads a DSN, and how many connections may read, and how many write: together with
// the one that is the sign of life they are what it allows a process.
func parseDSN(dsn string) (config *pgx.ConnConfig, most int, err error) {
	if config, err = pgx.ParseConfig(dsn); err != nil {
		return nil, 0, err // pgx leaves the password out
	}
	text, given := config.RuntimeParams[poolSize]
	if !given {
		return config, maxConns, nil
	}
	delete(config.RuntimeParams, poolSize) // the server does not know it
	all, err := strconv.Atoi(text)
	if err != nil || all < 3 || all > 1000 {
		return nil, 0, fmt.Errorf("%s=%s in the dsn: want a number from 3 to 1000", poolSize, text)
	}
	return config, (all - 1) / 2, nil
}

// noticeLoss lets the server end the session soon of a machine that lost its power, which
// says no goodbye.
func noticeLoss(config *pgx.ConnConfig) {
	for name, value := range map[string]string{"tcp_keepalives_idle": "5", "tcp_keepalives_interval": "2", "tcp_keepalives_count": "3"} {
		config.RuntimeParams[name] = value
	}
}

// stalledAfter is how long a process may do nothing in a transaction: twice what it keeps a
// lease for that stands still, and far more than a busy one pauses.
const stalledAfter = 10 * time.Second

// endStalled lets the server end such a transaction: others wait for its locks, those who
// take over its work among them.
func endStalled(config *pgx.ConnConfig) {
	const parameter = "idle_in_transaction_session_timeout"
	if _, given := config.RuntimeParams[parameter]; !given {
		config.RuntimeParams[parameter] = strconv.FormatInt(stalledAfter.Milliseconds(), 10)
	}
}

// grace is how long a statement may go on after its caller has left. pgx ends a
// statement by closing its connection; most are over sooner, and leave theirs
// to the next caller. Without grace, callers who leave early cost the server a
// new connection each.
const grace = 250 * time.Millisecond

func connect(config pgx.ConnConfig, o Options) *sql.DB {
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectWithin
	}
	config.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.DeadlineContextWatcherHandler{Conn: c.Conn(), DeadlineDelay: grace}
	}
	db := sql.OpenDB(checkedConnector{stdlib.GetConnector(config)})
	db.SetMaxOpenConns(o.MaxConns)
	db.SetMaxIdleConns(o.MaxConns)
	db.SetConnMaxIdleTime(5 * time.Minute)
	return db
}

// checkedConnector makes connections that say when they are closed. pgx's own
// do not, and database/sql would hand one whose caller has left to the next
// who waits.
type checkedConnector struct{ driver.Connector }

func (c checkedConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, away(err)
	}
	return &checkedConn{conn.(*stdlib.Conn)}, nil
}

type checkedConn struct{ *stdlib.Conn }

// told marks the error of a statement that ended its connection.
func (c *checkedConn) told(err error) error {
	if err != nil && !errors.Is(err, driver.ErrBadConn) && c.Conn.Conn().IsClosed() {
		return away(err)
	}
	return err // also one that database/sql tries again on another connection
}

// QueryContext, ExecContext and BeginTx are pgx's, with the errors told.
func (c *checkedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := c.Conn.QueryContext(ctx, query, args)
	return rows, c.told(err)
}

// ExecContext: see QueryContext.
func (c *checkedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	done, err := c.Conn.ExecContext(ctx, query, args)
	return done, c.told(err)
}

// BeginTx: see QueryContext.
func (c *checkedConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	tx, err := c.Conn.BeginTx(ctx, opts)
	return tx, c.told(err)
}

// IsValid is asked by database/sql when a connection comes back.
func (c *checkedConn) IsValid() bool { return !c.Conn.Conn().IsClosed() }
