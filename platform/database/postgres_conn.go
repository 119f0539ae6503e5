package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/stdlib"
)

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
		return nil, err
	}
	return &checkedConn{conn.(*stdlib.Conn)}, nil
}

type checkedConn struct{ *stdlib.Conn }

// IsValid is asked by database/sql when a connection comes back.
func (c *checkedConn) IsValid() bool { return !c.Conn.Conn().IsClosed() }
