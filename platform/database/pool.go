package database

import (
	"context"
	"database/sql"
	"errors"
	"sync/atomic"

	"gorm.io/gorm"
)

var (
	errEnded   = errors.New("database: tx used after its Write ended")
	errControl = errors.New("database: Write commits or rolls back by what its function returns; not by tx.Commit or tx.Rollback")
)

// readPool counts statements, and on SQLite keeps cancellable contexts away
// from the driver.
type readPool struct {
	gorm.ConnPool
	count *atomic.Uint64
	quiet bool
}

func (p *readPool) context(ctx context.Context) context.Context {
	p.count.Add(1)
	if p.quiet {
		return waitOnly(ctx)
	}
	return ctx
}

func (p *readPool) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return p.ConnPool.ExecContext(p.context(ctx), query, checkTexts(args)...)
}

func (p *readPool) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return p.ConnPool.QueryContext(p.context(ctx), query, checkTexts(args)...)
}

func (p *readPool) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return p.ConnPool.QueryRowContext(p.context(ctx), query, checkTexts(args)...)
}

// txPool is the connection of one run of a Write's function. It refuses to be
// used afterwards and to end the transaction; tx.Transaction, which uses
// savepoints, works.
type txPool struct {
	gorm.ConnPool
	count *atomic.Uint64
	// quiet keeps cancellation from the driver. On SQLite that is a must:
	// interrupting one function's statement would roll back the whole batch.
	quiet    bool
	ended    atomic.Bool
	conflict atomic.Bool // the database asked for this transaction to be run again

	announced []string // kinds of work; see Announce
}

func (p *txPool) context(ctx context.Context) (context.Context, error) {
	if p.ended.Load() {
		return nil, errEnded
	}
	p.count.Add(1)
	if p.quiet {
		return context.WithoutCancel(ctx), nil
	}
	return ctx, nil
}

// note remembers a conflict, for fn may hide it in an error of its own.
func (p *txPool) note(err error) {
	if err != nil && isConflict(err) {
		p.conflict.Store(true)
	}
}

func (p *txPool) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	ctx, err := p.context(ctx)
	if err != nil {
		return nil, err
	}
	return p.ConnPool.PrepareContext(ctx, query)
}

func (p *txPool) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	ctx, err := p.context(ctx)
	if err != nil {
		return nil, err
	}
	result, err := p.ConnPool.ExecContext(ctx, query, checkTexts(args)...)
	p.note(err)
	return result, err
}

func (p *txPool) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	ctx, err := p.context(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := p.ConnPool.QueryContext(ctx, query, checkTexts(args)...)
	p.note(err)
	return rows, err
}

func (p *txPool) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	running, err := p.context(ctx)
	if err != nil {
		// Only database/sql can make a Row that holds an error.
		dead, cancel := context.WithCancelCause(ctx)
		cancel(err)
		return p.ConnPool.QueryRowContext(dead, query, args...)
	}
	row := p.ConnPool.QueryRowContext(running, query, checkTexts(args)...)
	p.note(row.Err())
	return row
}

// Commit and Rollback make gorm take the pool for a transaction, so that
// tx.Transaction nests with a savepoint.
func (p *txPool) Commit() error   { return errControl }
func (p *txPool) Rollback() error { return errControl }
