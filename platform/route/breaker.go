package route

import (
	"sync"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"
)

// breakerDelay is how long a method whose calls fail is refused at once before
// one is tried again. Well below the 5 s within which a module that came back
// must be in use.
const breakerDelay = 500 * time.Millisecond

// breaker keeps the calls of one method from an endpoint that does not answer
// them, but for one at a time that tries whether it does again.
type breaker struct {
	mu     sync.Mutex
	states circuitbreaker.CircuitBreaker[any]
	// probe numbers the calls that try; the last one holds the only place.
	probe uint64
}

func newBreaker() *breaker {
	return &breaker{states: circuitbreaker.NewBuilder[any]().
		WithFailureThresholdRatio(5, 10).
		WithSuccessThreshold(1).
		WithDelay(breakerDelay).
		Build()}
}

// condition is how a breaker takes the next call.
type condition int

const (
	// well: it lets calls through.
	well condition = iota
	// trialDue: it lets one call through, to try.
	trialDue
	// refusing: it lets none through.
	refusing
)

func (b *breaker) condition() condition {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.states.IsClosed():
		return well
	case b.states.IsOpen() && b.states.RemainingDelay() <= 0:
		return trialDue
	}
	return refusing
}

// verdict is what a call says about the process it went to.
type verdict int

const (
	// silent: nothing; the caller did not wait.
	silent verdict = iota
	answers
	fails
)

// enter says whether a call may go out. One that may must leave, with the
// number of its probe: 0 while nothing is wrong.
func (b *breaker) enter() (probe uint64, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.states.TryAcquirePermit() {
		return 0, false
	}
	if b.states.IsHalfOpen() {
		b.probe++
		probe = b.probe
	}
	return probe, true
}

func (b *breaker) leave(probe uint64, v verdict) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case v == answers:
		b.states.RecordSuccess()
	case v == fails:
		b.states.RecordFailure()
	case probe != 0 && probe == b.probe && b.states.IsHalfOpen():
		// The library has no way to give a place back; half-opening anew does.
		b.states.Open()
		b.states.HalfOpen()
	}
}

// refuses tells whether calls are turned away just now. One whose delay is
// over waits for a call to try.
func (b *breaker) refuses() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.states.IsOpen() && b.states.RemainingDelay() > 0
}
