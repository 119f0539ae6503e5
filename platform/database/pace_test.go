package database_test

import (
	"context"
	"testing"
	"time"

	"gorm.io/gorm"

	"galleria/platform/database"
)

// alone runs test in work under a lease, once the database is known to be open in
// no other process.
func alone(t *testing.T, d *database.DB, test func()) {
	t.Helper()
	err := d.Hold(background, "work", func(ctx context.Context) error {
		for !database.IsAlone(d) {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			time.Sleep(time.Millisecond)
		}
		test()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestLooksBecomeSeldomWhileNothingChanges(t *testing.T) {
	leased(t, func(t *testing.T, open func() *database.DB) {
		d := open()
		alone(t, d, func() {
			pace := d.Pace("", time.Millisecond, time.Millisecond)
			for range 6 {
				pace.Rest(background, nil)
			}
			if got := pace.Next(); got != 10*time.Millisecond {
				t.Errorf("after six looks that found nothing the pace rests %s, want 10ms", got)
			}
			if err := d.Write(background, func(tx *gorm.DB) error { return nil }); err != nil {
				t.Fatal(err)
			}
			for pace.Next() != time.Millisecond { // told a moment after the commit
				pace.Rest(background, nil)
			}
		})
	})
}

func TestLooksStayFrequentBesideAnotherProcess(t *testing.T) {
	leased(t, func(t *testing.T, open func() *database.DB) {
		d := open()
		alone(t, d, func() {
			slow := d.Pace("", time.Hour, time.Millisecond)
			open()
			if !slow.Rest(background, nil) {
				t.Error("the rest was ended by its context")
			}
			pace := d.Pace("", time.Millisecond, time.Millisecond)
			for range 6 {
				pace.Rest(background, nil)
			}
			if got := pace.Next(); got > 2*time.Millisecond {
				t.Errorf("beside another process the pace rests %s, want 1ms and at most 2ms", got)
			}
		})
	})
}

func TestARestEndsWithItsContextOrASignal(t *testing.T) {
	leased(t, func(t *testing.T, open func() *database.DB) {
		pace := open().Pace("", time.Hour, time.Hour)
		signal := make(chan struct{}, 1)
		signal <- struct{}{}
		if !pace.Rest(background, signal) {
			t.Error("a signal was taken for the end")
		}
		ctx, cancel := context.WithCancel(background)
		cancel()
		if pace.Rest(ctx, nil) {
			t.Error("the end of the context was not told")
		}
	})
}
