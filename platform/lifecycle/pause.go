package lifecycle

import (
	"context"
	"time"
)

// Pause waits for d, or returns ctx's error when that ends before.
func Pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Together shortens a wait of a second or more so that it ends when other such waits of
// this machine end.
//
// Each time an idle program wakes up, the kernel, the scheduler and the runtime's monitor
// work for tens of microseconds, whatever there is to do. Work that is done at the same
// moment shares that. Waits of two seconds or more end at even seconds, so that what is
// done every two seconds, every four and every minute falls together; shorter ones at
// whole seconds.
func Together(wait time.Duration) time.Duration {
	return together(time.Now(), wait)
}

func together(now time.Time, wait time.Duration) time.Duration {
	grid := 2 * time.Second
	if wait < grid {
		grid = time.Second
	}
	if wait < grid {
		return wait
	}
	// A timer that was set for a moment may end just before it, when the clock is being
	// corrected. The next wait is a whole one all the same.
	slack := wait / 100
	return now.Add(wait + slack).Truncate(grid).Sub(now)
}
