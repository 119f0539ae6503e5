package database

import (
	"context"
	"database/sql"
	"database/sql/driver"

	"github.com/mattn/go-sqlite3"
)

// patient is a context that can end while a query waits for a connection, and
// not once it has one: then it would cost database/sql and the driver a
// goroutine each, for statements that are short.
type patient struct {
	context.Context
	served bool // set by the goroutine that queries
}

func (p *patient) Done() <-chan struct{} {
	if p.served {
		return nil
	}
	return p.Context.Done()
}

func (p *patient) Err() error {
	if p.served {
		return nil
	}
	return p.Context.Err()
}

// waitOnly returns ctx such that it ends no statement that has begun.
func waitOnly(ctx context.Context) context.Context {
	if ctx.Done() == nil {
		return ctx
	}
	return &patient{Context: ctx}
}

// servingConnector makes connections that tell a patient context when it is
// served.
type servingConnector struct {
	driver sqlite3.SQLiteDriver
	dsn    string
}

func openServing(dsn string) *sql.DB { return sql.OpenDB(&servingConnector{dsn: dsn}) }

func (c *servingConnector) Driver() driver.Driver { return &c.driver }

func (c *servingConnector) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.driver.Open(c.dsn)
	if err != nil {
		return nil, err
	}
	return servingConn{conn.(*sqlite3.SQLiteConn)}, nil
}

type servingConn struct{ *sqlite3.SQLiteConn }

func serve(ctx context.Context) context.Context {
	if p, ok := ctx.(*patient); ok {
		p.served = true
	}
	return ctx
}

func (c servingConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return c.SQLiteConn.QueryContext(serve(ctx), query, args)
}

func (c servingConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	return c.SQLiteConn.ExecContext(serve(ctx), query, args)
}

func (c servingConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	return c.SQLiteConn.PrepareContext(serve(ctx), query)
}
