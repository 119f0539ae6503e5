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

// peer is another process that does as it is told before a call reaches its
// module: what it answers there says something of the process.
type peer struct {
	probev1.ProbeServiceClient
	target  *Target
	arrived atomic.Int64
	do      atomic.Pointer[func(ctx context.Context) error]
}

func newPeer(t *testing.T, do func(ctx context.Context) error) *peer {
	t.Helper()
	p := &peer{}
	p.do.Store(&do)
	log := slog.New(slog.DiscardHandler)
	well := func(context.Context) error { return nil }
	behind := newRoute(t, log)
	behind.Point(targetIn(t, behind, ModeLocal, &probe{once: well, hurry: well}, log))
	address := serveRoute(t, behind, func(ctx context.Context, _, _ string) error {
		p.arrived.Add(1)
		return (*p.do.Load())(ctx)
	})
	r := newRoute(t, log)
	p.target = remoteTo(t, r, address)
	r.Point(p.target)
	p.ProbeServiceClient = probev1.NewProbeServiceClient(r.For("tester"))
	return p
}

func hang(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func away(context.Context) error { return status.Error(codes.Unavailable, "away") }

func TestACallersOwnHurryIsNoOutage(t *testing.T) {
	p := newPeer(t, hang)
	for range 30 { // more than opens the breaker, were these outages
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
		if _, err := p.Once(ctx, &probev1.OnceRequest{}); status.Code(err) != codes.DeadlineExceeded {
			t.Fatalf("got %v, want DeadlineExceeded", err)
		}
		cancel()
	}
	if err := p.target.Healthy(); err != nil {
		t.Errorf("the callers did not wait, and the target says: %v", err)
	}
}

func TestAPromisedDeadlineNotKeptIsAnOutage(t *testing.T) {
	p := newPeer(t, hang)
	var calls sync.WaitGroup
	for i := range 8 { // five outages open the breaker: both kinds are needed
		calls.Go(func() {
			ctx := t.Context()
			if i%2 == 0 { // as a call that was passed on
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, 95*time.Millisecond)
				defer cancel()
			}
			if _, err := p.Hurry(ctx, &probev1.HurryRequest{}); status.Code(err) != codes.DeadlineExceeded {
				t.Errorf("got %v, want DeadlineExceeded", err)
			}
		})
	}
	calls.Wait()
	if p.target.Healthy() == nil {
		t.Error("a target that hangs says it is healthy")
	}
}

func TestATryNobodyWaitedForSaysNothing(t *testing.T) {
	for name, impatient := range map[string]func(ctx context.Context) (context.Context, context.CancelFunc){
		"cancelled": context.WithCancel,
		"in a hurry": func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 300*time.Millisecond)
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPeer(t, away)
			for p.target.Healthy() == nil {
				p.Once(t.Context(), &probev1.OnceRequest{})
			}
			entered := make(chan struct{})
			hanging := func(ctx context.Context) error {
				close(entered)
				return hang(ctx)
			}
			p.do.Store(&hanging)
			tried := false
			for !tried { // until the breaker lets a call through
				ctx, cancel := impatient(t.Context())
				ended := make(chan struct{})
				go func() {
					defer close(ended)
					p.Once(ctx, &probev1.OnceRequest{})
				}()
				select {
				case <-entered:
					tried = true
					if name == "cancelled" {
						cancel()
					}
				case <-ended:
					time.Sleep(time.Millisecond)
				}
				<-ended
				cancel()
			}

			stillAway := away
			p.do.Store(&stillAway)
			p.arrived.Store(0)
			for range 20 {
				p.Once(t.Context(), &probev1.OnceRequest{})
			}
			if got := p.arrived.Load(); got != 1 {
				t.Errorf("after a try that said nothing, %d of 20 calls were let through, want the one that tries again", got)
			}
		})
	}
}
