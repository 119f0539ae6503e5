package route

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// HeldOptions bound how calls wait.
type HeldOptions struct {
	// Calls is how many may wait at once; 0: 1,000.
	Calls int
	// Within is how long each may wait; 0: 2 s.
	Within time.Duration
}

// NewHeld makes a target where calls wait until the route points elsewhere.
// Those beyond the bounds fail with Unavailable.
func (r *Route) NewHeld(o HeldOptions) *Target {
	if o.Calls == 0 {
		o.Calls = 1000
	}
	if o.Within == 0 {
		o.Within = 2 * time.Second
	}
	return newTarget(Held(), &held{module: r.module, limits: o, released: make(chan struct{})})
}

// held lets calls wait. They are not in its target meanwhile: that is drained at
// once when the route points elsewhere.
type held struct {
	module   string
	limits   HeldOptions
	waiting  atomic.Int64
	once     sync.Once
	released chan struct{}
}

func (h *held) release() { h.once.Do(func() { close(h.released) }) }

// wait returns nil when the route points elsewhere.
func (h *held) wait(ctx context.Context) error {
	defer h.waiting.Add(-1)
	if h.waiting.Add(1) > int64(h.limits.Calls) {
		return status.Errorf(codes.Unavailable, "module %s is held while it changes its place, and %d calls wait already", h.module, h.limits.Calls)
	}
	timer := time.NewTimer(h.limits.Within)
	defer timer.Stop()
	select {
	case <-h.released:
		return nil
	case <-ctx.Done():
		return status.FromContextError(ctx.Err()).Err()
	case <-timer.C:
		return status.Errorf(codes.Unavailable, "module %s is held while it changes its place, for more than %s", h.module, h.limits.Within)
	}
}

// carry is for a call that got here in the moment of a change.
func (h *held) carry(ctx context.Context, _ call) (time.Duration, error) {
	return ticks(), status.Errorf(codes.Unavailable, "module %s is held while it changes its place", h.module)
}

func (h *held) healthy() error             { return errors.New("calls are held") }
func (h *held) endpoints() []EndpointState { return nil }
func (h *held) close() error               { return nil }
