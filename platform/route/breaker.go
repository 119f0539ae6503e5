package route

import (
	"sync"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"
)

// breakerDelay is how long a route whose calls fail answers at once before it
// tries one again. Well below the 5 s within which a module that came back
// must be in use.
const breakerDelay = 500 * time.Millisecond

// breaker keeps calls from a process that does not answer, but for one at a
// time that tries whether it does again.
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
