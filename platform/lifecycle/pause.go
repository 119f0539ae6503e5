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

// Together lengthens a wait of a second or more so that it ends when other such
// waits end. An idle program spends most of its time on waking up, not on what it
// does then.
func Together(wait time.Duration) time.Duration {
	const grid = 500 * time.Millisecond
	if wait < 2*grid {
		return wait
	}
	now := time.Now()
	return now.Add(wait + grid - 1).Truncate(grid).Sub(now)
}
