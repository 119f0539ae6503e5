package route

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/trace"
)

// Target is a place made ready for calls: connections are open, and the module
// runs. It counts the calls in it, so that it can be stopped when the last one
// has finished.
type Target struct {
	place   Place
	carrier carrier

	calls   atomic.Int64
	retired atomic.Bool
	idle    chan struct{}
	once    sync.Once
}

// carrier takes a call to an implementation.
type carrier interface {
	// carry makes the call and tells when it ended, in ticks.
	carry(ctx context.Context, c call) (ended time.Duration, err error)
	// healthy is nil, or says why calls are likely to fail.
	healthy() error
	// endpoints are the processes behind it, as far as it knows them.
	endpoints() []EndpointState
	// close frees what the carrier holds; no call is in it any more.
	close() error
}

func newTarget(place Place, c carrier) *Target {
	return &Target{place: place, carrier: c, idle: make(chan struct{})}
}

// Place is what the target was made from, with a canary's weight as it is now.
func (t *Target) Place() Place {
	place := t.place
	if c, ok := t.carrier.(*canary); ok {
		place.Weight = c.window.Load().weight
	}
	return place
}

// Mode is how calls are served there.
func (t *Target) Mode() Mode { return t.place.Mode }

// Endpoints are the processes that calls may go to, and how they do, in the
// order of the place's leaves.
func (t *Target) Endpoints() []EndpointState { return t.carrier.endpoints() }

// Store is the store behind the target, as far as it is known: that of the
// first endpoint that told.
func (t *Target) Store() Store {
	for _, e := range t.carrier.endpoints() {
		if e.Store.ID != "" {
			return e.Store
		}
	}
	return Store{}
}

// Healthy is nil, or says why calls are likely to fail.
func (t *Target) Healthy() error { return t.carrier.healthy() }

// Drain waits until no call is in the target. Call it after the route points
// elsewhere; until then new calls keep coming.
func (t *Target) Drain(ctx context.Context) error {
	t.retired.Store(true)
	if t.calls.Load() == 0 {
		t.once.Do(func() { close(t.idle) })
	}
	select {
	case <-t.idle:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%d calls still in flight: %w", t.calls.Load(), ctx.Err())
	}
}

// Close frees connections. The implementation behind a local target is the
// caller's to stop.
func (t *Target) Close() error { return t.carrier.close() }

func (t *Target) begin() { t.calls.Add(1) }

func (t *Target) end() {
	if t.calls.Add(-1) == 0 && t.retired.Load() {
		t.once.Do(func() { close(t.idle) })
	}
}

func (t *Target) spanKind() trace.SpanKind {
	if t.place.Mode == ModeLocal {
		return trace.SpanKindInternal
	}
	return trace.SpanKindClient
}
