package route

import (
	"context"
	"errors"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/platform/telemetry"
)

// NewCanary makes a target where trial gets weight percent of the calls and
// stable the others. Calls of one routing key go the same way, as far as the
// contract names a key: with a growing weight a key only ever moves to trial.
func (r *Route) NewCanary(stable, trial *Target, weight int) *Target {
	c := &canary{arms: [2]carrier{stable.carrier, trial.carrier}}
	c.window.Store(newWindow(r.methods, weight))
	return newTarget(Canary(stable.place, trial.place, weight), c)
}

// Weigh gives a canary's second arm another share of the calls, and begins to
// count anew. It fails for other targets.
func (t *Target) Weigh(weight int) error {
	c, ok := t.carrier.(*canary)
	if !ok {
		return errors.New("only a canary has a weight")
	}
	c.window.Store(newWindow(c.window.Load().methods, weight))
	return nil
}

// Arms are the calls of a canary's two arms since it was last weighed, in the
// contract's order; nil for other targets. A call counts for the arm that its share
// falls to.
func (t *Target) Arms() (stable, trial []ArmCalls) {
	c, ok := t.carrier.(*canary)
	if !ok {
		return nil, nil
	}
	return c.window.Load().calls()
}

// ArmCalls is what became of the calls of one method in one arm.
type ArmCalls struct {
	// Method is the full gRPC name.
	Method string
	// Calls were answered; of them Failed by the system's fault, and Slow beyond
	// the promised p99. Promised is that p99; 0: none.
	Calls, Failed, Slow int64
	Promised            time.Duration
	// Excess is how many more of the calls were slow than if those that were slow
	// had fallen to either arm by chance, moment by moment, and Variance that of
	// the number under chance. What keeps the whole machine busy slows the calls
	// of both arms in the same moments, and so does not count for one of them.
	Excess, Variance float64
}

// canary is a carrier of two arms that share the calls.
type canary struct {
	arms   [2]carrier
	window atomic.Pointer[window]
}

// moment is how long calls are compared with those of the other arm.
const moment = 100 * time.Millisecond

// window counts the calls of both arms since the canary was last weighed. The weight is
// part of it, so that each call counts where it was shared out: a single call of an arm
// that gets none would be compared with all the others.
type window struct {
	weight  int // the second arm's share, in percent
	methods []*method
	mu      sync.Mutex
	counts  []armCounts // in the contract's order
}

// armCounts is what is counted of one method; index 0 is the first arm.
type armCounts struct {
	total  [2]ArmCalls
	number int64 // of the moment that runs
	calls  [2]int64
	slow   [2]int64
}

func newWindow(methods []*method, weight int) *window {
	return &window{weight: weight, methods: methods, counts: make([]armCounts, len(methods))}
}

func (w *window) note(arm int, m *method, at, took time.Duration, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := &w.counts[m.index]
	if now := int64(at / moment); now != n.number {
		n.close()
		n.number = now
	}
	n.total[arm].Calls++
	n.calls[arm]++
	switch {
	case faulty(err):
		n.total[arm].Failed++
	case m.P99 > 0 && took > m.P99:
		n.total[arm].Slow++
		n.slow[arm]++
	}
}

// close compares the arms at the end of a moment, as the Mantel-Haenszel test
// does: given how many calls each had and how many were slow in all, the slow ones
// of the second are distributed hypergeometrically.
func (n *armCounts) close() {
	all, slow := float64(n.calls[0]+n.calls[1]), float64(n.slow[0]+n.slow[1])
	if all > 1 {
		share := float64(n.calls[1]) / all
		n.total[1].Excess += float64(n.slow[1]) - slow*share
		n.total[1].Variance += slow * share * (1 - share) * (all - slow) / (all - 1)
	}
	n.calls, n.slow = [2]int64{}, [2]int64{}
}

func (w *window) calls() (stable, trial []ArmCalls) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, m := range w.methods {
		n := w.counts[i]
		for arm := range n.total {
			n.total[arm].Method, n.total[arm].Promised = m.Name, m.P99
		}
		stable, trial = append(stable, n.total[0]), append(trial, n.total[1])
	}
	return stable, trial
}

// carry gives a call to the arm that its share falls to. What the second arm does
// not answer is asked of the first, if it may be repeated: both work on one store.
// That is done for calls of other processes too, which know nothing of the arms and
// can only repeat the call here; so it does not need a repeat to be left, but uses
// one up. It tells against the second all the same.
func (c *canary) carry(ctx context.Context, call call) (ended time.Duration, err error) {
	counting := c.window.Load()
	if c.share(call) >= counting.weight {
		return c.ask(ctx, counting, 0, call)
	}
	if !call.method.Repeatable {
		return c.ask(ctx, counting, 1, call)
	}
	ctx, cancel := context.WithTimeout(ctx, call.method.Deadline)
	defer cancel()
	second := call
	answered := false
	second.once, second.answered = true, &answered
	trial, end := c.timeForTrial(ctx, call.method)
	ended, err = c.ask(trial, counting, 1, second)
	end()
	if answered {
		call.wasAnswered()
	}
	if answered || !notAnswered(err) || ctx.Err() != nil {
		return ended, err
	}
	// Not counted: the second arm would be compared with calls that are here only
	// because it failed, and at 100 % with no others.
	return c.arms[0].carry(withRetries(ctx, retriesLeft(ctx)-1), call)
}

// timeForTrial leaves half of the time of a call that only reads to the first arm;
// what changes something is not sent to both just because the second is slow, and what
// this process has begun to answer is not sent to both at all.
func (c *canary) timeForTrial(ctx context.Context, m *method) (context.Context, context.CancelFunc) {
	deadline, _ := ctx.Deadline()
	if _, here := c.arms[1].(*local); here || m.Mutates {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, time.Until(deadline)/2)
}

// ask makes the call in one arm, and counts it there, unless it is a shadow's: an arm is
// judged by what its callers meet.
func (c *canary) ask(ctx context.Context, counting *window, arm int, call call) (ended time.Duration, err error) {
	began := ticks()
	ended, err = c.arms[arm].carry(ctx, call)
	if status.Code(err) != codes.Canceled && !telemetry.IsShadow(ctx) {
		counting.note(arm, call.method, ended, ended-began, err)
	}
	return ended, err
}

// share is where in a hundred a call falls: by its key, or by chance.
func (c *canary) share(call call) int {
	if call.method.key == nil {
		return rand.IntN(100)
	}
	value := call.request.ProtoReflect().Get(call.method.key).String()
	if value == "" {
		return rand.IntN(100)
	}
	sum := fnv.New64a()
	sum.Write([]byte(value))
	return int(sum.Sum64() % 100)
}

// healthy as long as the arm with most of the calls is.
func (c *canary) healthy() error {
	if c.window.Load().weight > 50 {
		return c.arms[1].healthy()
	}
	return c.arms[0].healthy()
}

func (c *canary) endpoints() []EndpointState {
	return slices.Concat(c.arms[0].endpoints(), c.arms[1].endpoints())
}

func (c *canary) close() error { return joinClosed(c.arms[:]...) }

func joinClosed(arms ...carrier) error {
	var errs []error
	for _, arm := range arms {
		errs = append(errs, arm.close())
	}
	return errors.Join(errs...)
}
