package route

import (
	"cmp"
	"context"
	"strings"

	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"galleria/platform/telemetry"
)

// Admit decides whether a call from another process may come in: whether the
// connection entitles it to speak for caller, and whether caller's module
// declares that it needs callee. Its error must be a status.
type Admit func(ctx context.Context, caller, callee string) error

// Register serves the contract on a gRPC server for other processes; process
// names this one. Calls go where the route points: into the module here, or on
// to where it has moved, so that a process that still asks here while routes
// change is answered.
func (r *Route) Register(server grpc.ServiceRegistrar, process string, admit Admit) {
	r.register(server, func() string { return process }, admit)
}

func (r *Route) register(server grpc.ServiceRegistrar, process func() string, admit Admit) {
	desc := grpc.ServiceDesc{ServiceName: r.desc.ServiceName, HandlerType: (*any)(nil), Metadata: r.desc.Metadata}
	for _, m := range r.methods {
		handler := func(_ any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
			return r.arrived(ctx, m, process(), decode, admit)
		}
		_, short, _ := strings.Cut(m.Name[1:], "/")
		desc.Methods = append(desc.Methods, grpc.MethodDesc{MethodName: short, Handler: handler})
	}
	server.RegisterService(&desc, struct{}{})
}

// Arrived is how many calls of other processes are in this one just now.
func (r *Route) Arrived() int64 { return r.arrivals.Load() }

func (r *Route) arrived(ctx context.Context, m *method, process string, decode func(any) error, admit Admit) (response any, err error) {
	r.arrivals.Add(1)
	defer r.arrivals.Add(-1)
	ctx, from := incoming(ctx)
	if from.process != "" && from.process != process {
		grpc.SetTrailer(ctx, neverRanMark)
		return nil, status.Errorf(codes.Unavailable, "the call was meant for process %s, and this is %s", from.process, process)
	}
	if err := admit(ctx, from.caller, r.module); err != nil {
		return nil, err
	}
	ctx, traced := telemetry.Begin(ctx, telemetry.Call{Name: m.Name[1:], Kind: trace.SpanKindServer, Caller: from.caller})
	defer func() { traced.End(failure(err)) }()
	target, err := r.admit(ctx)
	if err != nil {
		if target == nil {
			grpc.SetTrailer(ctx, neverRanMark)
		}
		return nil, err
	}
	defer target.end()
	shadowed := telemetry.IsShadow(ctx)
	if shadowed && m.Mutates {
		return nil, errShadowChanges
	}
	began := ticks()
	ctx, cancel := context.WithTimeout(ctx, m.Deadline)
	defer cancel()
	if l, here := target.carrier.(*local); here {
		response, err = l.arrived(ctx, m, from, decode)
	} else {
		response, err = passOn(ctx, target, m, from, decode)
	}
	mode := target.Mode()
	if shadowed {
		mode = modeCompared
	}
	m.meter(mode).observe(ticks()-began, err)
	return response, err
}

// arrived serves a call that came over the network: its messages are already
// its own, so nothing is copied.
func (l *local) arrived(ctx context.Context, m *method, from arrival, decode func(any) error) (any, error) {
	deadline, _ := ctx.Deadline()
	inner := &callContext{
		parent: ctx, origin: &origin{caller: from.caller, network: &from}, method: m, limit: deadline.Sub(clockBase),
	}
	defer inner.finish()
	response, err := l.serve(inner, m, decode)
	// Unmarked, since the module did not say so: its time is up, or that of one
	// attempt, and the caller may have another endpoint to go to.
	if ended := inner.Err(); ended != nil {
		return nil, status.FromContextError(ended).Err()
	}
	if err != nil {
		grpc.SetTrailer(ctx, answeredMark)
	}
	header, trailer := inner.answered()
	grpc.SetHeader(ctx, ownMetadata(header)) // fails only when nothing can be sent any more
	grpc.SetTrailer(ctx, ownMetadata(trailer))
	return response, err
}

func passOn(ctx context.Context, target *Target, m *method, from arrival, decode func(any) error) (any, error) {
	request, reply := m.Input.New().Interface(), m.Output.New().Interface()
	if err := decode(request); err != nil {
		return nil, err
	}
	ctx = withRetries(metadata.NewOutgoingContext(ctx, from.rest), from.retries)
	var header, trailer metadata.MD
	answered := false
	passed := call{
		origin: &origin{caller: from.caller}, method: m, request: request, reply: reply, hops: from.hops + 1, began: ticks(), answered: &answered,
		options: []grpc.CallOption{grpc.Header(&header), grpc.Trailer(&trailer)},
	}
	_, err := target.carrier.carry(ctx, passed)
	if err != nil && answered && ctx.Err() == nil {
		grpc.SetTrailer(ctx, answeredMark)
	}
	// Errors have headers and trailers, too.
	if err := cmp.Or(err, grpc.SetHeader(ctx, ownMetadata(header)), grpc.SetTrailer(ctx, ownMetadata(trailer))); err != nil {
		return nil, err
	}
	return reply, nil
}
