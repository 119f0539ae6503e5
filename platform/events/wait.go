package events

import (
	"context"
	"time"

	"galleria/platform/lifecycle"
)

// outlive is ctx with grace: it ends that much later than ctx does. It lets work
// that was begun come to its end, without letting it hang.
func outlive(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		if lifecycle.Pause(longer, grace) == nil {
			cancel()
		}
	})
	return longer, func() { stop(); cancel() }
}
