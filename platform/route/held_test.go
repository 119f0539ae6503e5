package route

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	probev1 "galleria/platform/route/probe/v1"
)

func TestHeldCallsWaitForThePlaceAndNotForEver(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	well := &probe{once: func(context.Context) error { return nil }}
	r := newRoute(t, log)
	client := probev1.NewProbeServiceClient(r.For("tester"))
	waiting := r.NewHeld(HeldOptions{Calls: 10, Within: time.Minute})
	r.Point(waiting)
	var answered atomic.Int64
	var callers sync.WaitGroup
	for range 10 {
		callers.Go(func() {
			if _, err := client.Once(t.Context(), &probev1.OnceRequest{}); err != nil {
				t.Errorf("a held call failed: %v", err)
			}
			answered.Add(1)
		})
	}
	for waiting.carrier.(*held).waiting.Load() < 10 {
		time.Sleep(time.Millisecond)
	}
	if _, err := client.Once(t.Context(), &probev1.OnceRequest{}); status.Code(err) != codes.Unavailable {
		t.Errorf("one call too many: got %v, want Unavailable", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := client.Once(ctx, &probev1.OnceRequest{}); status.Code(err) != codes.Canceled {
		t.Errorf("a caller that left: got %v, want Canceled", err)
	}
	if answered.Load() != 0 {
		t.Error("calls were answered while they were held")
	}
	r.Point(targetIn(t, r, ModeLocal, well, log))
	callers.Wait()

	r.Point(r.NewHeld(HeldOptions{Within: 10 * time.Millisecond}))
	if _, err := client.Once(t.Context(), &probev1.OnceRequest{}); status.Code(err) != codes.Unavailable {
		t.Errorf("held too long: got %v, want Unavailable", err)
	}
}
