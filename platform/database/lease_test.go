package database_test

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"

	"galleria/platform/database"
	"galleria/platform/database/databasetest"
)

// leased runs test on both dialects with a short lease.
func leased(t *testing.T, test func(t *testing.T, open func() *database.DB)) {
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) {
		o.Migrations = notes
		o.LeaseTTL = 500 * time.Millisecond
		o.Log = slog.New(slog.DiscardHandler)
		test(t, func() *database.DB { return databasetest.Open(t, o) })
	})
}

// steal makes another holder of the lease, as if this one had been asleep.
func steal(t *testing.T, d *database.DB, expires time.Time) {
	t.Helper()
	err := d.Write(background, func(tx *gorm.DB) error {
		return tx.Exec(`INSERT INTO leases (name, holder, expires_at) VALUES ('relay', 'other', ?)
			ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at`, expires.UnixMicro()).Error
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTwoHoldersNeverOverlap(t *testing.T) {
	leased(t, func(t *testing.T, open func() *database.DB) {
		ctx, cancel := context.WithCancel(background)
		defer cancel()
		var working, turns atomic.Int32
		var wait sync.WaitGroup
		for range 4 {
			d := open()
			wait.Go(func() {
				err := d.Hold(ctx, "relay", func(ctx context.Context) error {
					if n := working.Add(1); n != 1 {
						t.Errorf("%d work at once", n)
					}
					defer working.Add(-1)
					if turns.Add(1) == 8 {
						cancel()
					}
					// Some turns outlast the lease and need its renewal.
					if turns.Load()%4 == 1 {
						select {
						case <-ctx.Done():
						case <-time.After(700 * time.Millisecond):
						}
					}
					return errors.New("let another one")
				})
				if !errors.Is(err, context.Canceled) {
					t.Errorf("got %v, want context.Canceled", err)
				}
			})
		}
		wait.Wait()
	})
}

func TestLeaseOfADeadHolderIsTakenOverWhenItExpires(t *testing.T) {
	leased(t, func(t *testing.T, open func() *database.DB) {
		d := open()
		expires := time.Now().Add(400 * time.Millisecond)
		steal(t, d, expires)
		var began time.Time
		if err := d.Hold(background, "relay", func(context.Context) error { began = time.Now(); return nil }); err != nil {
			t.Fatal(err)
		}
		if began.Before(expires) {
			t.Errorf("work began %s before the lease expired", expires.Sub(began))
		}
	})
}

func TestLeaseIsFreeAtOnceAfterAGracefulStop(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, open func(fs.FS) *database.DB) {
		d := open(nil)
		ctx, cancel := context.WithCancel(background)
		defer cancel()
		err := d.Hold(ctx, "relay", func(ctx context.Context) error {
			cancel()
			<-ctx.Done()
			return ctx.Err()
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
		var held int
		if err := d.Read(background).Raw("SELECT COUNT(*) FROM leases").Scan(&held).Error; err != nil || held != 0 {
			t.Errorf("leases left: got %d (%v), want none", held, err)
		}
	})
}

func TestWorkRunsAgainAfterErrorsAndPanics(t *testing.T) {
	leased(t, func(t *testing.T, open func() *database.DB) {
		runs := 0
		err := open().Hold(background, "relay", func(context.Context) error {
			switch runs++; runs {
			case 1:
				return errors.New("broken")
			case 2:
				panic("boom")
			}
			return nil
		})
		if err != nil || runs != 3 {
			t.Errorf("got %d runs and %v, want 3 and no error", runs, err)
		}
	})
}

func TestWorkEndsWhenAnotherHasTheLease(t *testing.T) {
	leased(t, func(t *testing.T, open func() *database.DB) {
		d := open()
		runs := 0
		err := d.Hold(background, "relay", func(ctx context.Context) error {
			if runs++; runs == 1 {
				steal(t, d, time.Now().Add(time.Second))
				<-ctx.Done()
				if got := context.Cause(ctx); !strings.Contains(got.Error(), "another process") {
					t.Errorf("cause: got %v, want that another process has the lease", got)
				}
			}
			return nil
		})
		if err != nil || runs != 2 {
			t.Errorf("got %d runs and %v; want a second one after the loss, and no error", runs, err)
		}
	})
}

func TestWorkEndsWhenTheLeaseCannotBeRenewed(t *testing.T) {
	leased(t, func(t *testing.T, open func() *database.DB) {
		d, other := open(), open()
		ctx, cancel := context.WithCancel(background)
		defer cancel()
		err := d.Hold(ctx, "relay", func(working context.Context) error {
			// Another process keeps renewals waiting until work gave up.
			err := other.Write(background, func(tx *gorm.DB) error {
				if err := tx.Exec("UPDATE leases SET holder = holder WHERE name = 'relay'").Error; err != nil {
					return err
				}
				<-working.Done()
				return nil
			})
			if ctx.Err() != nil {
				t.Error("work's context ended with Hold's, not with the lease")
			}
			cancel()
			return err
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
	})
}

func TestHoldEndsWhileItWaits(t *testing.T) {
	leased(t, func(t *testing.T, open func() *database.DB) {
		d := open()
		steal(t, d, time.Now().Add(time.Hour))
		ctx, cancel := context.WithTimeout(background, 50*time.Millisecond)
		defer cancel()
		err := d.Hold(ctx, "relay", func(context.Context) error { t.Error("work ran"); return nil })
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want context.DeadlineExceeded", err)
		}
	})
}
