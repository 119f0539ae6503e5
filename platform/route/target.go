package route

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/trace"
)

// Mode is how a route is served.
type Mode string

// The modes.
const (
	// ModeLocal: the implementation in this process.
	ModeLocal Mode = "local"
	// ModeRemote: another process, over gRPC.
	ModeRemote Mode = "remote"
	// ModeLoopback: the local implementation through a real gRPC encode and
	// decode in memory. For tests.
	ModeLoopback Mode = "loopback"
)

// modeNone is the mode of calls that reached no target.
const modeNone Mode = "none"

// measured are the modes whose calls are counted, the commonest first.
var measured = [...]Mode{ModeLocal, ModeRemote, ModeLoopback, modeNone}

// Target is one place a route can point to. It counts the calls in it, so
// that it can be stopped when the last one has finished.
type Target struct {
	mode    Mode
	address string
	storeID string
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
	// close frees what the carrier holds; no call is in it any more.
	close() error
}

func newTarget(mode Mode, address, storeID string, c carrier) *Target {
	return &Target{mode: mode, address: address, storeID: storeID, carrier: c, idle: make(chan struct{})}
}

// Mode is how calls are served there.
func (t *Target) Mode() Mode { return t.mode }

// Address is where calls go; "" for local ones.
func (t *Target) Address() string { return t.address }

// StoreID names the store behind the target; "" for a module without one.
func (t *Target) StoreID() string { return t.storeID }

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
	if t.mode == ModeLocal {
		return trace.SpanKindInternal
	}
	return trace.SpanKindClient
}
