package database_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"galleria/platform/database"
	"galleria/platform/database/databasetest"
)

// standStill begins a write of the holder of an old lease "relay", and stands still in it
// until goOn is called.
func standStill(t *testing.T, d *database.DB) (goOn func()) {
	t.Helper()
	steal(t, d, time.Now().Add(-time.Minute)) // it counts as lost already
	locked, woken, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- d.Write(background, func(tx *gorm.DB) error {
			if err := tx.Exec("SELECT token FROM leases WHERE name = 'relay' FOR SHARE").Error; err != nil {
				return err
			}
			close(locked)
			<-woken
			return nil
		})
	}()
	<-locked
	return sync.OnceFunc(func() {
		close(woken)
		if err := <-ended; err != nil {
			t.Errorf("the write that stood still: %v", err)
		}
	})
}

// awaitWaiting returns once a transaction waits for the lock of another one in d's schema.
func awaitWaiting(t *testing.T, d *database.DB) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		var waiting int
		err := d.Read(background).Raw(`SELECT COUNT(*) FROM pg_locks WHERE NOT granted AND pid IN
			(SELECT pid FROM pg_locks WHERE relation = CAST('leases' AS regclass))`).Scan(&waiting).Error
		if err != nil {
			t.Fatal(err)
		}
		if waiting > 0 {
			return
		}
	}
	t.Fatal("nobody waits for the row of the lease")
}

// said is a log that tests read while it is written.
type said struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *said) Write(line []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(line)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func TestTakingALeaseSaysWhatItWaitsFor(t *testing.T) {
	o := databasetest.Postgres(t)
	o.Migrations = notes
	goOn := standStill(t, databasetest.Open(t, o))
	defer goOn()
	var log said
	o.LeaseTTL, o.Log = 200*time.Millisecond, slog.New(slog.NewTextHandler(&log, nil))
	d := databasetest.Open(t, o)
	took := make(chan error, 1)
	ctx, cancel := context.WithTimeout(background, 30*time.Second)
	defer cancel()
	go func() { took <- d.Hold(ctx, "relay", func(context.Context) error { return nil }) }()
	for ctx.Err() == nil && !strings.Contains(log.String(), "again_in") {
		time.Sleep(5 * time.Millisecond)
	}
	for _, want := range []string{"take lease relay", "waited 600ms for the row of the lease", "the last holder is other"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log does not say %q:\n%s", want, log.String())
		}
	}
	goOn()
	if err := <-took; err != nil {
		t.Errorf("when the other one has gone on: got %v, want that work ran", err)
	}
}

// TestAProcessOpensWhileALeaseIsWaitedFor: that is of no matter to its start.
func TestAProcessOpensWhileALeaseIsWaitedFor(t *testing.T) {
	o := databasetest.Postgres(t)
	o.Migrations, o.Marks = notes, &memory{}
	d := databasetest.Open(t, o)
	goOn := standStill(t, d)
	defer goOn()
	took := make(chan error, 1)
	go func() { took <- d.Hold(background, "relay", func(context.Context) error { return nil }) }()
	awaitWaiting(t, d)
	o.OpenWithin, o.Marks = 5*time.Second, &memory{}
	if other, err := database.Open(background, o); err != nil {
		t.Errorf("a process that starts: %v", err)
	} else if err := other.Close(background); err != nil {
		t.Error(err)
	}
	goOn()
	if err := <-took; err != nil {
		t.Error(err)
	}
}
