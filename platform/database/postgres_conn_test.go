package database_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"galleria/platform/database"
	"galleria/platform/database/databasetest"
)

// oneConnection opens a database of PostgreSQL that reads over one connection,
// which makes every caller wait for the one before.
func oneConnection(t *testing.T) *database.DB {
	o := databasetest.Postgres(t)
	o.MaxConns = 1
	return databasetest.Open(t, o)
}

// leave begins a statement of a length and goes away before it ends.
func leave(db *database.DB, seconds float64) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Millisecond)
	defer cancel()
	db.Read(ctx).Exec("SELECT pg_sleep(?)", seconds)
}

// There are many callers who leave, so a caller who stays gets a connection after one
// of them, and again after another.
func TestCallersWhoLeaveBreakNobodysStatement(t *testing.T) {
	db := oneConnection(t)
	stop := make(chan struct{})
	var leavers, stayers sync.WaitGroup
	for range 12 {
		leavers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					leave(db, 10)
				}
			}
		})
	}
	for range 6 {
		stayers.Go(func() {
			var one int
			if err := db.Read(context.Background()).Raw("SELECT 1").Scan(&one).Error; err != nil {
				t.Errorf("got %v for a caller who stays", err)
			}
		})
	}
	stayers.Wait()
	close(stop)
	leavers.Wait()
}

// A statement that is nearly done keeps its connection. On a busy machine one
// may take longer than it is given, so several try.
func TestACallerWhoLeavesKeepsTheConnectionOpen(t *testing.T) {
	db := oneConnection(t)
	backend := func() (pid int) {
		if err := db.Read(context.Background()).Raw("SELECT pg_backend_pid()").Scan(&pid).Error; err != nil {
			t.Fatal(err)
		}
		return pid
	}
	for range 20 {
		before := backend()
		leave(db, 0.02)
		if backend() == before {
			return
		}
	}
	t.Error("got a new connection after each of 20 callers who left")
}

// TestTheDSNSaysHowManyConnectionsThereMayBe: many read and many write at the same moment,
// and the server counts those who are there.
func TestTheDSNSaysHowManyConnectionsThereMayBe(t *testing.T) {
	o := databasetest.Postgres(t)
	given := o.DSN
	for _, wrong := range []string{"2", "-5", "many", "100000"} {
		o.DSN = given + "&pool_max_conns=" + wrong
		if _, err := database.Open(t.Context(), o); err == nil || !strings.Contains(err.Error(), "want a number from 3 to 1000") {
			t.Errorf("pool_max_conns=%s: got %v, want it refused", wrong, err)
		}
	}
	for _, most := range []int{3, 7} { // 3 are the fewest
		o.DSN, o.Module, o.Migrations = fmt.Sprintf("%s&pool_max_conns=%d", databasetest.DSN(t), most), fmt.Sprintf("counted%d", most), notes
		db := databasetest.Open(t, o)
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				if err := db.Read(t.Context()).Exec("SELECT pg_sleep(0.05)").Error; err != nil {
					t.Error(err)
				}
			})
			all.Go(func() {
				err := db.Write(t.Context(), func(tx *gorm.DB) error { return tx.Exec("SELECT pg_sleep(0.05)").Error })
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		var connections int
		err := db.Read(t.Context()).Raw("SELECT count(*) FROM pg_stat_activity WHERE application_name IN (?, ?)", o.Module, o.Module+" alive").Scan(&connections).Error
		if err != nil || connections != most {
			t.Errorf("got %d connections (%v), want %d: idle ones are kept", connections, err, most)
		}
	}
}

// TestAWriteThatStandsStillKeepsNobodyWaiting: as of a process that was stopped, or of a
// machine that is gone, in the middle of a transaction.
func TestAWriteThatStandsStillKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	o := databasetest.Postgres(t)
	stopped, other := databasetest.Open(t, o), databasetest.Open(t, o)
	lock := func(tx *gorm.DB) error { return tx.Exec("SELECT pg_advisory_xact_lock(4711)").Error }
	locked, woken, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- stopped.Write(context.Background(), func(tx *gorm.DB) error {
			if err := lock(tx); err != nil {
				return err
			}
			close(locked)
			<-woken
			return tx.Exec("SELECT 1").Error
		})
	}()
	<-locked
	if err := other.Write(t.Context(), lock); err != nil {
		t.Errorf("a write beside one that stands still: %v", err)
	}
	close(woken)
	if err := <-ended; err == nil {
		t.Error("the write that stood still says that it was kept, and its transaction was ended")
	}
	if err := stopped.Write(t.Context(), lock); err != nil {
		t.Errorf("a write after it, of the same process: %v", err)
	}
}
