package database_test

import (
	"context"
	"sync"
	"testing"
	"time"

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
