package route

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials"
	_ "google.golang.org/grpc/health" // clients watch the health of what they call
	"google.golang.org/grpc/status"

	"galleria/platform/lifecycle"
)

// RemoteOptions describe an implementation in other processes.
type RemoteOptions struct {
	// Addresses are host:port each, of one process; several share the calls. A
	// host name is looked up for each connection.
	Addresses []string
	// Credentials secure the connections. Required; ask for plaintext by
	// insecure.NewCredentials.
	Credentials credentials.TransportCredentials
	// Meet, if set, is asked of each process before it gets a call, and again
	// when another one answers there.
	Meet Meet
	// Dial options beyond these, such as a dialer for tests.
	Dial []grpc.DialOption
}

// NewRemote makes a target that calls other processes. It does not wait for
// connections; use Meet for certainty.
func (r *Route) NewRemote(o RemoteOptions) (*Target, error) {
	made := &remote{module: r.module}
	options := append([]grpc.DialOption{grpc.WithDefaultServiceConfig(r.serviceConfig())}, o.Dial...)
	for _, address := range o.Addresses {
		conn, err := Dial(address, o.Credentials, options...)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("route to %s: %w", r.module, err), made.close())
		}
		made.all = append(made.all, newEndpoint(r.module, address, conn, r.methods, o.Meet))
	}
	if len(made.all) == 0 {
		return nil, fmt.Errorf("route to %s: remote needs an address", r.module)
	}
	return newTarget(Remote(o.Addresses...), made), nil
}

// Meet waits until the processes behind the target have said who they are. Each
// that answers must fit, and one must answer; the error names those that don't.
func (t *Target) Meet(ctx context.Context) error {
	r, ok := t.carrier.(*remote)
	if !ok {
		return nil
	}
	reasons := make(chan error, len(r.all))
	for _, e := range r.all {
		go func() {
			_, err := e.meet(ctx)
			if err != nil {
				err = fmt.Errorf("%s at %s: %w", e.module, e.address, err)
			}
			reasons <- err
		}()
	}
	var away []error
	var refused error
	for range r.all {
		switch err := <-reasons; {
		case err == nil:
		case errors.Is(err, ErrAway) || ctx.Err() != nil:
			away = append(away, err)
		default:
			refused = errors.Join(refused, err)
		}
	}
	if refused == nil && len(away) == len(r.all) {
		return errors.Join(away...)
	}
	return refused
}

// serviceConfig asks grpc-go to watch the health of what it calls. Retries are
// the route's own: they go to another endpoint, and share one budget with those
// of all processes a call passes.
func (r *Route) serviceConfig() string {
	text, err := json.Marshal(map[string]any{
		"loadBalancingConfig": []any{map[string]any{"round_robin": map[string]any{}}},
		"healthCheckConfig":   map[string]any{"serviceName": r.desc.ServiceName},
	})
	if err != nil {
		panic(err) // strings and maps of them always marshal
	}
	return string(text)
}

// remote is one or more processes that serve the module on one store.
type remote struct {
	module string
	all    []*endpoint
	turn   atomic.Uint32
}

func (r *remote) close() error {
	var errs []error
	for _, e := range r.all {
		errs = append(errs, e.conn.Close())
	}
	return errors.Join(errs...)
}

func (r *remote) endpoints() []EndpointState {
	states := make([]EndpointState, len(r.all))
	for i, e := range r.all {
		states[i] = e.state()
	}
	return states
}

// healthy as long as one endpoint is.
func (r *remote) healthy() error {
	var problems []string
	for _, e := range r.all {
		err := e.problem()
		if err == nil {
			return nil
		}
		problems = append(problems, err.Error())
	}
	return errors.New(strings.Join(slices.Compact(problems), "; "))
}

// maxAttempts bounds how often one call is sent, by whatever way: refused ones
// and those to other endpoints count, too.
const maxAttempts = 4

func (r *remote) carry(ctx context.Context, c call) (ended time.Duration, err error) {
	if c.hops > MaxHops {
		return ticks(), status.Errorf(codes.Unavailable, "call to %s was passed on %d times: the processes' routes lead in a circle", c.method.Name, c.hops)
	}
	limited, cancel := context.WithTimeout(ctx, c.method.Deadline)
	defer cancel()
	err = r.deliver(ctx, limited, c)
	ended = ticks()
	if err != nil {
		// Rebuilt, so that the error is of the same kind as a local one.
		err = status.ErrorProto(status.Convert(err).Proto())
	}
	return ended, err
}

// deliver sends the call until it is answered, or may not be sent again: to an
// endpoint that is well and has the fewest calls, then to the others. What no
// process has begun is always sent again; what may have run only if the method
// is repeatable, as long as the budget lasts that the call came with.
func (r *remote) deliver(ctx, limited context.Context, c call) (err error) {
	retries := 0
	if c.method.Repeatable && !c.once {
		retries = c.retries(ctx)
	}
	var tried *endpoint
	for attempts := 0; ; attempts++ {
		e, met, probe, none := r.pick(limited, c.method, tried)
		if none != nil {
			return cmp.Or(err, none)
		}
		once, cancel := r.timeFor(limited, c.method, attempts, e)
		var what answer
		what, err = e.attempt(ctx, once, c, met, probe)
		cancel()
		switch {
		case what == answered || limited.Err() != nil || attempts == maxAttempts-1:
			return err
		case what == unanswered && retries == 0:
			return err
		case what == unanswered:
			retries--
		}
		tried = e
		if len(r.all) == 1 && rest(limited, attempts) != nil {
			return err
		}
	}
}

// timeFor bounds one attempt of what may be repeated. With endpoints left that were not
// tried, one that hangs may use up only half of the time. For a call that changes something
// that is one that answers no call at all for three quarters of it, unless the call only
// tries it: what changes something is not sent to two endpoints just because they are busy,
// and one alone may wait for others so long, as for a service outside.
func (r *remote) timeFor(limited context.Context, m *method, attempts int, e *endpoint) (context.Context, context.CancelFunc) {
	deadline, ok := limited.Deadline()
	if attempts+1 >= len(r.all) || !m.Repeatable || !ok {
		return limited, func() {}
	}
	left := time.Until(deadline)
	if m.Mutates && !e.isTrial(m) {
		return e.unlessSilent(limited, left*3/4)
	}
	return context.WithTimeout(limited, left/2)
}

// rest waits before the same endpoint is asked again.
func rest(ctx context.Context, attempts int) error {
	base := 50 * time.Millisecond << attempts
	return lifecycle.Pause(ctx, base/2+rand.N(base/2))
}

// pick takes the endpoint with the fewest calls of those that are met, can be
// reached and whose breaker lets the method through. The one just tried comes
// last. The error says why there is none.
func (r *remote) pick(ctx context.Context, m *method, tried *endpoint) (e *endpoint, met *Endpoint, probe uint64, err error) {
	if len(r.all) == 1 {
		return r.take(ctx, r.all[0], m)
	}
	for _, e := range r.ranked(m, tried) {
		if met := e.known.Load(); met != nil {
			if probe, ok := e.breakers[m.index].enter(); ok {
				return e, met, probe, nil
			}
		}
	}
	for _, candidate := range r.all { // all that are left are new here: wait for one
		if e, met, probe, err = r.take(ctx, candidate, m); err == nil {
			break
		}
	}
	return e, met, probe, err
}

func (r *remote) take(ctx context.Context, e *endpoint, m *method) (_ *endpoint, met *Endpoint, _ uint64, err error) {
	// A call that enters must leave, so one that has met no process does not enter.
	if met = e.known.Load(); met == nil {
		if met, err = e.meet(ctx); err != nil {
			if errors.Is(ctx.Err(), context.Canceled) { // the caller has left, which says nothing of the process
				return nil, nil, 0, status.FromContextError(ctx.Err()).Err()
			}
			return nil, nil, 0, status.Errorf(codes.Unavailable, "module %s at %s: %v", r.module, e.address, err)
		}
	}
	probe, ok := e.breakers[m.index].enter()
	if !ok {
		return nil, nil, 0, status.Errorf(codes.Unavailable, "module %s does not answer", r.module)
	}
	return e, met, probe, nil
}

// ranked are the endpoints that are met, the best first: one whose trial is due,
// if another endpoint can do the call after it; then the least loaded.
func (r *remote) ranked(m *method, tried *endpoint) []*endpoint {
	type candidate struct {
		*endpoint
		rank int64
	}
	candidates := make([]candidate, 0, len(r.all))
	turn := int(r.turn.Add(1))
	for i := range r.all {
		e := r.all[(turn+i)%len(r.all)]
		if e.known.Load() == nil {
			e.meetSoon()
			continue
		}
		rank := e.calls.Load()
		switch e.breakers[m.index].condition() {
		case trialDue:
			if rank = -1; !m.Repeatable {
				rank = worse
			}
		case refusing:
			rank = 2 * worse
		}
		if e.conn.GetState() == connectivity.TransientFailure {
			rank += 4 * worse
		}
		if e == tried {
			rank += 8 * worse
		}
		candidates = append(candidates, candidate{e, rank})
	}
	slices.SortStableFunc(candidates, func(a, b candidate) int { return cmp.Compare(a.rank, b.rank) })
	endpoints := make([]*endpoint, len(candidates))
	for i, c := range candidates {
		endpoints[i] = c.endpoint
	}
	return endpoints
}

// worse is more calls than any endpoint has at once.
const worse = 1 << 32
