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

// Together moves the end of a wait of a second or more to the nearest moment at which
// other such waits of this machine end, by a second at most.
//
// Each time an idle program wakes up, the kernel, the scheduler and the runtime's monitor
// work for tens of microseconds, whatever there is to do. Work that is done at the same
// moment shares that. All moments of longer waits are even seconds, so that what is done
// every two seconds, every six and every minute falls together.
func Together(wait time.Duration) time.Duration {
	return together(time.Now(), wait)
}

func together(now time.Time, wait time.Duration) time.Duration {
	grid := 2 * time.Second
	switch {
	case wait < time.Second:
		return wait
	case wait < grid*3/4:
		grid = time.Second
	}
	return now.Add(wait).Round(grid).Sub(now)
}
