package route

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"galleria/platform/contract"
	"galleria/platform/identity"
	"galleria/platform/protocopy"
	"galleria/platform/telemetry"
)

// Route is where calls to one module go just now. Safe for concurrent use.
type Route struct {
	module  string
	service protoreflect.ServiceDescriptor
	desc    *grpc.ServiceDesc
	log     *slog.Logger
	// methods are in the contract's order.
	methods []*method
	target  atomic.Pointer[Target]
	// compared is the last shadow, for its report.
	compared atomic.Pointer[shadow]
	arrivals atomic.Int64

	talliesMu sync.Mutex
	tallies   []*tally // of the callers in this process
}

type method struct {
	contract.Method
	index int // in the contract
	// key is the request's field that keeps calls together; nil: none does.
	key protoreflect.FieldDescriptor
	// shortName is the name without the service's.
	shortName     string
	handler       grpc.MethodHandler
	input, output *protocopy.Copier
	// identities are the keys by which the module believes on whose behalf a call is
	// made; nil: it believes none.
	identities *identity.Keys
	meters     [len(measured)]meter // as measured
}

// meter is where calls in a mode are measured: apart, so that a move does not
// mix what a call costs here with what it costs there.
func (m *method) meter(mode Mode) *meter {
	for i, known := range measured {
		if known == mode {
			return &m.meters[i]
		}
	}
	return &m.meters[len(measured)-1]
}

// New makes the route of a module whose contract is desc. It points nowhere
// until Point is called: calls fail with Unavailable.
func New(module string, desc *grpc.ServiceDesc, log *slog.Logger) (*Route, error) {
	service, err := contract.Service(desc.ServiceName)
	if err != nil {
		return nil, fmt.Errorf("route to %s: %w", module, err)
	}
	promised, err := contract.Methods(service)
	if err != nil {
		return nil, fmt.Errorf("route to %s: %w", module, err)
	}
	r := &Route{module: module, service: service, desc: desc, log: log.With("callee", module)}
	for i, m := range promised {
		known := &method{
			Method: m, index: i, key: contract.RoutingKey(m.Input.Descriptor()), shortName: desc.Methods[i].MethodName, handler: desc.Methods[i].Handler,
			input: protocopy.For(m.Input.Zero().Interface()), output: protocopy.For(m.Output.Zero().Interface()),
		}
		if want := "/" + desc.ServiceName + "/" + desc.Methods[i].MethodName; m.Name != want {
			return nil, fmt.Errorf("route to %s: descriptor has %s where the generated code has %s", module, m.Name, want)
		}
		r.methods = append(r.methods, known)
	}
	return r, nil
}

// Believe says by which keys a module here is to believe on whose behalf a call is
// made. It comes before the first call.
func (r *Route) Believe(keys *identity.Keys) {
	for _, m := range r.methods {
		m.identities = keys
	}
}

// Module is the name of the module this route leads to.
func (r *Route) Module() string { return r.module }

// Service is the contract as linked into this process.
func (r *Route) Service() protoreflect.ServiceDescriptor { return r.service }

// For is the route as one caller uses it. The name is what the module called
// sees as Caller, in every mode.
func (r *Route) For(caller string) grpc.ClientConnInterface {
	return &client{route: r, origin: origin{caller: caller}, tally: r.tallyOf(caller)}
}

// ForCalls is For a caller that declares which methods it calls, by full name; nil:
// any. Others are refused.
func (r *Route) ForCalls(caller string, calls []string) grpc.ClientConnInterface {
	c := &client{route: r, origin: origin{caller: caller}, tally: r.tallyOf(caller)}
	if calls != nil {
		c.declared = make([]bool, len(r.methods))
		for i, m := range r.methods {
			c.declared[i] = slices.Contains(calls, m.Name)
		}
	}
	return c
}

// undeclared is the answer to a call of a method that its caller does not declare.
func undeclared(caller, method string) error {
	return status.Errorf(codes.PermissionDenied, "%q does not declare that it calls %s: add the method to its Calls in the table of modules", caller, method)
}

// Point sends new calls to next and returns what was there before, nil at
// first. Calls in flight finish where they began: Drain the old target, then
// stop what is behind it.
func (r *Route) Point(next *Target) (previous *Target) {
	previous = r.target.Swap(next)
	if previous != nil {
		if waiting, ok := previous.carrier.(*held); ok {
			waiting.release()
		}
	}
	return previous
}

// Target is where the route points now; nil when nowhere.
func (r *Route) Target() *Target { return r.target.Load() }

// Stats is what was measured of every method, in the contract's order.
func (r *Route) Stats() []Stats {
	all := make([]Stats, 0, len(r.methods))
	for _, m := range r.methods {
		s := summary(&m.meters)
		s.Method, s.PromisedP99 = m.Name, m.P99
		all = append(all, s)
	}
	return all
}

// admit takes the target for a call, and waits for one while calls are held.
func (r *Route) admit(ctx context.Context) (*Target, error) {
	for {
		target := r.acquire()
		if target == nil {
			return nil, status.Errorf(codes.Unavailable, "module %s is served nowhere", r.module)
		}
		waiting, ok := target.carrier.(*held)
		if !ok {
			return target, nil
		}
		target.end()
		if err := waiting.wait(ctx); err != nil {
			return target, err
		}
	}
}

// acquire takes the current target for one call. The target is looked at
// again after the call is counted: a target that is no longer the route's may
// already have been found idle and stopped.
func (r *Route) acquire() *Target {
	for {
		t := r.target.Load()
		if t == nil {
			return nil
		}
		t.begin()
		if r.target.Load() == t {
			return t
		}
		t.end()
	}
}

func (r *Route) call(ctx context.Context, c *call) error {
	c.began = ticks()
	if telemetry.IsShadow(ctx) {
		return r.callForShadow(ctx, *c)
	}
	mode, ended, err := r.dispatch(ctx, c)
	c.method.meter(mode).observe(ended-c.began, err)
	if c.tally != nil {
		c.tally.methods[c.method.index].observe(ended-c.began, err)
	}
	return err
}

func (r *Route) dispatch(ctx context.Context, c *call) (mode Mode, ended time.Duration, err error) {
	if err := ctx.Err(); err != nil {
		return modeNone, ticks(), status.FromContextError(err).Err()
	}
	if err := checkMetadata(ctx); err != nil {
		return modeNone, ticks(), err
	}
	target, err := r.admit(ctx)
	if err != nil {
		if target == nil {
			return modeNone, ticks(), err
		}
		return ModeHeld, ticks(), err
	}
	defer target.end()
	if telemetry.Tracing() {
		ended, err = traced(ctx, *c, target)
	} else if here, ok := target.carrier.(*local); ok {
		ended, err = here.do(ctx, c)
	} else {
		ended, err = target.carrier.carry(ctx, *c)
	}
	return target.place.Mode, ended, err
}

func traced(ctx context.Context, c call, target *Target) (ended time.Duration, err error) {
	ctx, traced := telemetry.Begin(ctx, telemetry.Call{
		Name: c.method.Name[1:], Kind: target.spanKind(), Caller: c.origin.caller, Mode: string(target.Mode()),
	})
	defer func() { traced.End(failure(err)) }()
	return target.carrier.carry(ctx, c)
}

// failure is what a trace says of a call that failed; "" when it did not.
func failure(err error) string {
	if !faulty(err) {
		return ""
	}
	return status.Code(err).String()
}

// method is the method of that name, nil when the contract has none. Contracts
// have a dozen methods: comparing their names is quicker than hashing one.
func (r *Route) method(name string) *method {
	for _, m := range r.methods {
		if m.Name == name {
			return m
		}
	}
	return nil
}

// call is one call on its way to a target.
type call struct {
	origin *origin
	// tally is the caller's; nil: the call is counted elsewhere.
	tally          *tally
	method         *method
	request, reply proto.Message
	options        []grpc.CallOption
	// began is when the call started, in ticks.
	began time.Duration
	// hops counts the processes that passed the call on.
	hops int
	// answered, if set, is told when the module's implementation answers.
	answered *bool
	// once says that this target is not to repeat it.
	once bool
}

func (c *call) wasAnswered() {
	if c.answered != nil {
		*c.answered = true
	}
}

// retries is how often the call may be sent again when it is not known whether
// it ran. One that is passed on may not: its first caller sees to that.
func (c *call) retries(ctx context.Context) int {
	if c.hops > 0 {
		return 0
	}
	return retriesLeft(ctx)
}

// retriesBehind is how often the callee may repeat calls of its own. Passing the call
// on uses none up: the process that does so repeats nothing.
func (c *call) retriesBehind(ctx context.Context) int {
	left := retriesLeft(ctx)
	if c.hops > 0 {
		return left
	}
	return max(0, left-1)
}

type client struct {
	route  *Route
	origin origin
	// declared tells by index which methods may be called; nil: all.
	declared []bool
	tally    *tally
}

// Invoke makes one call; generated clients call it.
func (c *client) Invoke(ctx context.Context, name string, request, reply any, options ...grpc.CallOption) error {
	m := c.route.method(name)
	if m == nil {
		return status.Errorf(codes.Unimplemented, "unknown method %s", name)
	}
	if c.declared != nil && !c.declared[m.index] {
		c.tally.methods[m.index].undeclared.Add(1)
		return undeclared(c.origin.caller, name)
	}
	if err := checkOptions(options); err != nil {
		return err
	}
	made := call{origin: &c.origin, tally: c.tally, method: m, request: request.(proto.Message), reply: reply.(proto.Message), options: options}
	return c.route.call(ctx, &made)
}

// NewStream always fails: contracts are unary.
func (c *client) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, status.Error(codes.Unimplemented, "contracts are unary")
}
