package database_test

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
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

// steal makes another holder of the lease: one of an earlier program, which
// renews the row instead of showing a pulse.
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

func TestLeaseOfAnEarlierProgramIsTakenOverWhenItExpires(t *testing.T) {
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

func TestWorkEndsAndBeginsAnewWhenThePulseIsCut(t *testing.T) {
	leased(t, func(t *testing.T, open func() *database.DB) {
		d := open()
		runs := 0
		err := d.Hold(background, "relay", func(working context.Context) error {
			if runs++; runs == 1 {
				database.CutPulse(t, d)
				<-working.Done()
				if got := context.Cause(working); !errors.Is(got, database.ErrLeaseLost) || !strings.Contains(got.Error(), "not renewed in time") {
					t.Errorf("cause: got %v, want that the lease was not renewed in time", got)
				}
			}
			return nil
		})
		if err != nil || runs != 2 {
			t.Errorf("got %d runs and %v; want a second one after the loss, and no error", runs, err)
		}
	})
}

// Written an hour ahead, by a program whose clock was set back since.
func TestLeaseOfTheFutureIsTakenOver(t *testing.T) {
	leased(t, func(t *testing.T, open func() *database.DB) {
		d := open()
		steal(t, d, time.Now().Add(time.Hour))
		ctx, cancel := context.WithTimeout(background, 20*time.Second)
		defer cancel()
		if err := d.Hold(ctx, "relay", func(context.Context) error { return nil }); err != nil {
			t.Errorf("got %v, want that work ran", err)
		}
	})
}

// The rows of leases and holders stay as they are while nothing changes hands.
func TestAHeldLeaseIsNotWrittenToTheDatabase(t *testing.T) {
	leased(t, func(t *testing.T, open func() *database.DB) {
		d := open()
		err := d.Hold(background, "relay", func(context.Context) error {
			commits, end := d.Committed("")
			defer end()
			for i := range 4 {
				if i == 1 { // the commit of the acquisition may be told late
					select {
					case <-commits:
					default:
					}
				}
				for beat := database.Beat(t, d); beat == database.Beat(t, d); {
					time.Sleep(time.Millisecond)
				}
			}
			select {
			case <-commits:
				t.Error("something was committed while a lease was held")
			default:
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestTokensOfALeaseNeverComeTwice(t *testing.T) {
	leased(t, func(t *testing.T, open func() *database.DB) {
		var last int64
		for range 3 {
			d := open()
			err := d.Hold(background, "relay", func(context.Context) error {
				var token int64
				if err := d.Read(background).Raw("SELECT token FROM leases").Scan(&token).Error; err != nil {
					return err
				}
				if token <= last {
					t.Errorf("got token %d after %d", token, last)
				}
				last = token
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestWritesOfWorkThatLostItsLeaseAreRefused(t *testing.T) {
	leased(t, func(t *testing.T, open func() *database.DB) {
		d := open()
		runs := 0
		err := d.Hold(background, "relay", func(working context.Context) error {
			late := context.WithoutCancel(working)
			if runs++; runs > 1 {
				return d.Write(late, insert("mine again"))
			}
			if err := d.Write(late, insert("mine")); err != nil {
				t.Errorf("while the lease is held: %v", err)
			}
			steal(t, d, time.Now().Add(300*time.Millisecond))
			if err := d.Write(late, insert("late")); !errors.Is(err, database.ErrLeaseLost) {
				t.Errorf("got %v, want ErrLeaseLost", err)
			}
			<-working.Done() // the refused write told Hold
			if err := d.Write(background, insert("no work")); err != nil {
				t.Errorf("a write that is not part of the work: %v", err)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		if got := count(t, d); got != 3 {
			t.Errorf("got %d rows, want 3", got)
		}
	})
}

// A lease time of an hour: only that the process is gone can be the reason.
func TestLeaseOfAKilledProcessIsFreeAtOnce(t *testing.T) {
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) {
		o.Migrations, o.LeaseTTL = notes, time.Hour
		d := databasetest.Open(t, o)
		other := holdInOtherProcess(t, o)
		if err := other.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := d.Hold(background, "relay", func(context.Context) error { return nil }); err != nil {
			t.Error(err)
		}
		if got := databasetest.Open(t, o); len(holders(t, o)) != 2 {
			t.Errorf("got holders %v, want the two that live (%s)", holders(t, o), got.StoreID())
		}
	})
}

func TestAStoppedProcessLosesItsLeaseAndWritesNothingWhenItWakes(t *testing.T) {
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) {
		o.Migrations, o.LeaseTTL = notes, 500*time.Millisecond
		d := databasetest.Open(t, o)
		other := holdInOtherProcess(t, o)
		if err := other.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		err := d.Hold(background, "relay", func(context.Context) error {
			if err := other.cmd.Process.Signal(syscall.SIGCONT); err != nil {
				return err
			}
			if got := other.write(t); !strings.Contains(got, database.ErrLeaseLost.Error()) {
				t.Errorf("the process that slept: got %q, want that it lost its lease", got)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		if got := count(t, d); got != 0 {
			t.Errorf("got %d rows, want none", got)
		}
	})
}

func TestHoldEndsWhileItWaits(t *testing.T) {
	leased(t, func(t *testing.T, open func() *database.DB) {
		d := open()
		steal(t, d, time.Now().Add(time.Second))
		ctx, cancel := context.WithTimeout(background, 50*time.Millisecond)
		defer cancel()
		err := d.Hold(ctx, "relay", func(context.Context) error { t.Error("work ran"); return nil })
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want context.DeadlineExceeded", err)
		}
	})
}
