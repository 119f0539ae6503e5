package database

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"galleria/platform/id"
)

// Hold runs work while this process holds the lease name in this database; of
// all processes that have it open, one does at a time. It waits for the lease,
// renews it while work runs, and takes it again, after a pause, when work
// returned an error or the lease was lost. It returns nil when work returned
// nil of its own accord, and ctx's error when ctx ended; the lease is then
// free at once.
//
// work's context ends with ctx, or when the lease could not be renewed in
// time. A process that was stopped (a laptop's lid, a long pause) may notice
// late, so work must still make its effects conditional.
func (d *DB) Hold(ctx context.Context, name string, work func(ctx context.Context) error) error {
	l := &lease{db: d, name: name, holder: id.New(), ttl: d.options.LeaseTTL}
	pause := l.ttl / 50
	for {
		until, err := l.acquire(ctx)
		if err == nil {
			began := time.Now()
			var lost bool
			lost, err = l.run(ctx, until, work)
			if ctx.Err() == nil && err == nil && !lost {
				return nil
			}
			if time.Since(began) > 10*l.ttl {
				pause = l.ttl / 50
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
			if err := sleep(ctx, pause); err != nil {
				return err
			}
			pause = min(2*pause, 6*l.ttl)
		}
	}
}

// lease is one Hold's claim: the row leases(name) with its holder id.
//
//	(no row or expired) ──acquire──> held ──renew──> held … ──release──> (no row)
type lease struct {
	db     *DB
	name   string
	holder string
	ttl    time.Duration
}

// renewal is the time between two renewals: three chances before the end.
func (l *lease) renewal() time.Duration { return l.ttl * 3 / 10 }

// acquire waits for the lease. until is by this process's own clock, taken
// before the row was written, so it ends before the row says so. Only a lease
// that looks free costs a write.
func (l *lease) acquire(ctx context.Context) (until time.Time, err error) {
	for {
		free, err := l.looksFree(ctx)
		if err == nil && free {
			before := time.Now()
			var won bool
			if won, err = l.take(ctx); err == nil && won {
				return before.Add(l.ttl), nil
			}
		}
		if err != nil {
			return time.Time{}, fmt.Errorf("take lease: %w", err)
		}
		if err := sleep(ctx, l.ttl/20); err != nil {
			return time.Time{}, err
		}
	}
}

func (l *lease) looksFree(ctx context.Context) (bool, error) {
	read := l.db.Read(ctx)
	now, err := l.db.engine.now(read)
	if err != nil {
		return false, err
	}
	var held int64
	err = read.Raw("SELECT COUNT(*) FROM leases WHERE name = ? AND expires_at > ?", l.name, now.UnixMicro()).Scan(&held).Error
	return held == 0, err
}

func (l *lease) take(ctx context.Context) (bool, error) {
	return l.change(ctx, func(tx *gorm.DB, now, expires int64) *gorm.DB {
		return tx.Exec(`INSERT INTO leases (name, holder, expires_at) VALUES (?, ?, ?)
			ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
			WHERE leases.expires_at <= ?`, l.name, l.holder, expires, now)
	})
}

func (l *lease) renew(ctx context.Context) (bool, error) {
	return l.change(ctx, func(tx *gorm.DB, _, expires int64) *gorm.DB {
		return tx.Exec("UPDATE leases SET expires_at = ? WHERE name = ? AND holder = ?", expires, l.name, l.holder)
	})
}

// release frees the lease at once. It is also right when the lease was lost.
func (l *lease) release(ctx context.Context) {
	_, err := l.change(context.WithoutCancel(ctx), func(tx *gorm.DB, _, _ int64) *gorm.DB {
		return tx.Exec("DELETE FROM leases WHERE name = ? AND holder = ?", l.name, l.holder)
	})
	if err != nil {
		l.db.options.Log.WarnContext(ctx, "lease not released; it will expire", "lease", l.name, "error", err)
	}
}

// change runs one conditional statement and says whether it took effect.
func (l *lease) change(ctx context.Context, statement func(tx *gorm.DB, now, expires int64) *gorm.DB) (bool, error) {
	var rows int64
	err := l.db.Write(ctx, func(tx *gorm.DB) error {
		now, err := l.db.engine.now(tx)
		if err != nil {
			return err
		}
		result := statement(tx, now.UnixMicro(), now.Add(l.ttl).UnixMicro())
		rows = result.RowsAffected
		return result.Error
	})
	return rows == 1, err
}

// run does the work and renews the lease meanwhile. lost says that the lease
// ended before the work did.
func (l *lease) run(ctx context.Context, until time.Time, work func(ctx context.Context) error) (lost bool, err error) {
	working, stop := context.WithCancelCause(ctx)
	kept := make(chan struct{})
	go func() {
		defer close(kept)
		l.keep(working, stop, until)
	}()
	defer l.release(ctx)
	err = guard(l.db.options.Log, func() error { return work(working) })
	stop(nil)
	<-kept
	cause := context.Cause(working)
	return errors.Is(cause, errNotRenewed) || errors.Is(cause, errTaken), err
}

var (
	errNotRenewed = errors.New("database: lease lost: not renewed in time")
	errTaken      = errors.New("database: lease lost: another process has it")
)

// keep renews until ctx ends, and ends it with stop when the lease is lost:
// taken by another, or not renewed until shortly before it expires. A timer of
// its own sees to the latter, for a renewal may hang. The margin lets work stop
// before the next holder starts.
func (l *lease) keep(ctx context.Context, stop context.CancelCauseFunc, until time.Time) {
	margin := l.ttl / 10
	expiry := time.AfterFunc(time.Until(until)-margin, func() {
		l.db.options.Log.Error("lease lost: not renewed in time", "lease", l.name)
		stop(errNotRenewed)
	})
	defer expiry.Stop()
	every := time.NewTicker(l.renewal())
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
		before := time.Now()
		held, err := l.renew(ctx)
		switch {
		case err == nil && held:
			expiry.Reset(time.Until(before.Add(l.ttl)) - margin)
		case err == nil:
			l.db.options.Log.Error("lease lost: another process has it", "lease", l.name)
			stop(errTaken)
		case ctx.Err() == nil:
			l.db.options.Log.Warn("lease not renewed", "lease", l.name, "error", err)
		}
	}
}
