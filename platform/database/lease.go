package database

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"galleria/platform/lifecycle"
)

// ErrLeaseLost is wrapped by the error of a Write with the context of work
// whose lease another process has by now. Nothing was written.
var ErrLeaseLost = errors.New("database: lease lost")

var (
	errNotRenewed = fmt.Errorf("%w: not renewed in time", ErrLeaseLost)
	errTaken      = fmt.Errorf("%w: another process has it", ErrLeaseLost)
)

// Hold runs work while this process holds the lease name in this database; of
// all processes that have it open, one does at a time. It waits for the lease,
// and takes it again, after a pause, when work returned an error or the lease
// was lost. It returns nil when work returned nil of its own accord, and ctx's
// error when ctx ended; the lease is then free at once.
//
// The lease of a process that died is free at once too, and that of one that
// does not move (a laptop's lid, a long pause) after Options.LeaseTTL. Such a
// process may notice late. Therefore a Write with work's context, or one made
// from it, looks in its transaction whether the lease is still held, and fails
// with ErrLeaseLost if not. What work does elsewhere must be conditional by
// itself. work's context ends with ctx, or when the lease is lost.
func (d *DB) Hold(ctx context.Context, name string, work func(ctx context.Context) error) error {
	first := min(d.options.LeaseTTL/50, leasePoll)
	pause := first
	for {
		l, err := d.acquire(ctx, name)
		if err == nil {
			began := time.Now()
			var lost bool
			lost, err = l.run(ctx, work)
			if ctx.Err() == nil && err == nil && !lost {
				return nil
			}
			if time.Since(began) > 10*d.options.LeaseTTL {
				pause = first
			}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if errors.Is(err, ErrClosed) {
			return err
		}
		if err != nil {
			d.options.Log.ErrorContext(ctx, "work under a lease failed", "lease", name, "error", err, "again_in", pause)
			if err := lifecycle.Pause(ctx, pause); err != nil {
				return err
			}
			pause = min(2*pause, 6*d.options.LeaseTTL)
		}
	}
}

// lease is one acquisition: the row leases(name) with this holder and token.
//
//	(no row, or its holder gone) ──acquire──> held … ──release──> (no row)
type lease struct {
	db    *DB
	name  string
	token int64
	since time.Time // when work began
}

// leaseRow is what the database says of a lease.
type leaseRow struct {
	Holder    string
	Token     int64
	ExpiresAt int64  // of a program that renews rows; 0: the pulse counts
	Listed    bool   // its holder is among the holders of the store
	Process   string // the process of that holder; "": it is not listed
}

// named is the last holder for people.
func (r *leaseRow) named() string {
	return cmp.Or(r.Process, r.Holder, "none")
}

// leasePoll is how often a lease that another process has is looked at, at least.
const leasePoll = 250 * time.Millisecond

// acquire waits for the lease. Only one that looks free costs a write.
func (d *DB) acquire(ctx context.Context, name string) (*lease, error) {
	var watch observer
	for {
		before, err := d.leaseRow(ctx, name)
		free := false
		if err == nil {
			free, err = d.isFree(ctx, before, &watch)
		}
		if err == nil && free {
			var l *lease
			if l, err = d.take(ctx, name, before); l != nil {
				return l, nil
			}
		}
		if err != nil {
			return nil, fmt.Errorf("take lease %s: %w", name, err)
		}
		if err := lifecycle.Pause(ctx, min(d.options.LeaseTTL/20, leasePoll)); err != nil {
			return nil, err
		}
	}
}

// leaseRow returns nil when there is none.
func (d *DB) leaseRow(ctx context.Context, name string) (*leaseRow, error) {
	var rows []leaseRow
	err := d.Read(ctx).Raw(`SELECT holder, token, expires_at, EXISTS (SELECT 1 FROM holders WHERE id = holder) AS listed,
		COALESCE((SELECT process FROM holders WHERE id = holder), '') AS process
		FROM leases WHERE name = ?`, name).Scan(&rows).Error
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return &rows[0], nil
}

func (d *DB) isFree(ctx context.Context, row *leaseRow, watch *observer) (bool, error) {
	switch {
	case row == nil:
		return true, nil
	case row.Holder == d.id:
		// Its release has failed, unless work runs.
		return !d.heart.runs(row.Token), nil
	case row.Listed:
		return watch.gone(ctx, d, row.Holder)
	}
	// An earlier program renews the row. One that ends later than it could be
	// renewed to was written before the clock was set back.
	now, err := d.engine.now(d.Read(ctx))
	if err != nil {
		return false, err
	}
	return row.ExpiresAt <= now.UnixMicro() || row.ExpiresAt > now.Add(2*d.options.LeaseTTL).UnixMicro(), nil
}

// takeLeases is how many times LeaseTTL taking a lease may wait for the transactions of
// others: with the usual 5 s longer than PostgreSQL lets one stand still (stalledAfter), so
// that a wait which would end by itself fails nothing.
const takeLeases = 3

// take acquires the lease if its row is still as it was; nil means that another
// one was quicker.
//
// The row of the lease comes before that of the store. A process that stands still in the
// middle of a Write of its work keeps the first one locked. A process that waits for it must
// not keep the other one, which each process that opens the database needs for its mark.
func (d *DB) take(ctx context.Context, name string, before *leaseRow) (*lease, error) {
	if before == nil {
		before = &leaseRow{}
	}
	bounded, cancel := context.WithTimeout(ctx, takeLeases*d.options.LeaseTTL)
	defer cancel()
	l := &lease{db: d, name: name}
	errQuicker := errors.New("another one was quicker")
	awaited := "for the database to begin a write"
	err := d.Write(bounded, func(tx *gorm.DB) error {
		awaited = "for the row of the lease, which a write of its last holder may have locked"
		result := tx.Exec(`INSERT INTO leases (name, holder, token, expires_at) VALUES (?, ?, 0, 0)
			ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = 0
			WHERE leases.holder = ? AND leases.token = ? AND leases.expires_at = ?`,
			name, d.id, before.Holder, before.Token, before.ExpiresAt)
		if result.Error != nil {
			return result.Error
		}
		if result.RowsAffected == 0 {
			return errQuicker
		}
		awaited = "for the row of the store, which a process that opens or closes the database may have locked"
		err := tx.Raw("UPDATE store SET lease_token = lease_token + 1 RETURNING lease_token").Row().Scan(&l.token)
		if err != nil {
			return err
		}
		return tx.Exec("UPDATE leases SET token = ? WHERE name = ?", l.token, name).Error
	})
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, errQuicker):
		return nil, nil
	case bounded.Err() != nil && ctx.Err() == nil:
		return nil, fmt.Errorf("waited %s %s (the last holder is %s): %w", takeLeases*d.options.LeaseTTL, awaited, before.named(), err)
	}
	return nil, err
}

// release frees the lease at once. It is also right when the lease was lost.
func (l *lease) release(ctx context.Context) {
	// Bounded, for the database may be out of reach: then the lease is free
	// when this process is gone.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), l.db.options.LeaseTTL)
	defer cancel()
	err := l.db.Write(ctx, func(tx *gorm.DB) error {
		return tx.Exec("DELETE FROM leases WHERE name = ? AND holder = ? AND token = ?", l.name, l.db.id, l.token).Error
	})
	if err != nil && !errors.Is(err, ErrFenced) {
		l.db.options.Log.WarnContext(ctx, "lease not released; it is free when the database is closed", "lease", l.name, "error", err)
	}
}

// run does the work. lost says that the lease ended before the work did.
func (l *lease) run(ctx context.Context, work func(ctx context.Context) error) (lost bool, err error) {
	defer l.release(ctx)
	working, stop := context.WithCancelCause(context.WithValue(ctx, leaseKey{}, l))
	defer stop(nil)
	if !l.db.heart.begin(l, stop) {
		return true, errNotRenewed
	}
	defer l.db.heart.finish(l)
	err = guard(l.db.options.Log, func() error { return work(working) })
	return errors.Is(context.Cause(working), ErrLeaseLost), err
}

func (l *lease) lose(stop context.CancelCauseFunc) {
	l.db.options.Log.Error("lease lost: another process has it", "lease", l.name)
	stop(errTaken)
}

type leaseKey struct{}

// leaseOf is the lease of d that the work with this context runs under, or nil.
func (d *DB) leaseOf(ctx context.Context) *lease {
	if l, ok := ctx.Value(leaseKey{}).(*lease); ok && l.db == d {
		return l
	}
	return nil
}

// leaseQuery looks for the row of a lease, in the transaction that writes.
const leaseQuery = "SELECT token FROM leases WHERE name = $1 AND holder = $2 AND token = $3"

// check makes what came of that of it.
func (l *lease) check(err error) error {
	if !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	l.db.heart.lost(l)
	return fmt.Errorf("%w: %s, acquired as number %d", errTaken, l.name, l.token)
}
