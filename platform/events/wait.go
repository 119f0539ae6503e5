package events

import (
	"context"
	"time"
)

// pause waits for d, or less when ctx ends; it reports whether it waited to the end.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// outlive is ctx with grace: it ends that much later than ctx does. It lets work
// that was begun come to its end, without letting it hang.
func outlive(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		if pause(longer, grace) {
			cancel()
		}
	})
	return longer, func() { stop(); cancel() }
}
