package route

import (
	"context"
	"errors"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// NewCanary makes a target where trial gets weight percent of the calls and
// stable the others. Calls of one routing key go the same way, as far as the
// contract names a key: with a growing weight a key only ever moves to trial.
func (r *Route) NewCanary(stable, trial *Target, weight int) *Target {
	c := &canary{arms: [2]carrier{stable.carrier, trial.carrier}}
	for i := range c.windows {
		c.windows[i].Store(newWindow(r.methods))
	}
	c.weight.Store(int64(weight))
	return newTarget(Canary(stable.place, trial.place, weight), c)
}

// Weigh gives a canary's second arm another share of the calls, and begins to
// count anew. It fails for other targets.
func (t *Target) Weigh(weight int) error {
	c, ok := t.carrier.(*canary)
	if !ok {
		return errors.New("only a canary has a weight")
	}
	c.weight.Store(int64(weight))
	for i := range c.windows {
		c.windows[i].Store(newWindow(c.windows[i].Load().methods))
	}
	return nil
}

// Arms are the calls of a canary's two arms since it was last weighed, in the
// contract's order; nil for other targets.
func (t *Target) Arms() (stable, trial []ArmCalls) {
	c, ok := t.carrier.(*canary)
	if !ok {
		return nil, nil
	}
	return c.windows[0].Load().calls(), c.windows[1].Load().calls()
}

// ArmCalls is what became of the calls of one method in one arm.
type ArmCalls struct {
	// Method is the full gRPC name.
	Method string
	// Calls were answered; of them Failed by the system's fault, and Slow beyond
	// the promised p99. Promised is that p99; 0: none.
	Calls, Failed, Slow int64
	Promised            time.Duration
}

// canary is a carrier of two arms that share the calls.
type canary struct {
	arms    [2]carrier
	weight  atomic.Int64
	windows [2]atomic.Pointer[window]
}

// window counts calls since the canary was last weighed.
type window struct {
	methods []*method
	counts  []armCounts // in the contract's order
}

type armCounts struct{ calls, failed, slow atomic.Int64 }

func newWindow(methods []*method) *window {
	return &window{methods: methods, counts: make([]armCounts, len(methods))}
}

func (w *window) note(m *method, took time.Duration, code codes.Code) {
	n := &w.counts[m.index]
	if faulty(code) {
		n.failed.Add(1)
	} else if m.P99 > 0 && took > m.P99 {
		n.slow.Add(1)
	}
	n.calls.Add(1)
}

func (w *window) calls() []ArmCalls {
	var all []ArmCalls
	for i, m := range w.methods {
		n := &w.counts[i]
		all = append(all, ArmCalls{Method: m.Name, Calls: n.calls.Load(), Failed: n.failed.Load(), Slow: n.slow.Load(), Promised: m.P99})
	}
	return all
}

func (c *canary) carry(ctx context.Context, call call) (ended time.Duration, err error) {
	arm := 0
	if c.share(call) < int(c.weight.Load()) {
		arm = 1
	}
	counting := c.windows[arm].Load()
	began := ticks()
	ended, err = c.arms[arm].carry(ctx, call)
	if code := status.Code(err); code != codes.Canceled {
		counting.note(call.method, ended-began, code)
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
	if c.weight.Load() > 50 {
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
