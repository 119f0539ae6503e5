package route

import (
	"context"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"galleria/platform/identity"
	"galleria/platform/telemetry"
)

// What the route itself sends along a remote call, as gRPC metadata.
const (
	callerHeader    = "x-caller"
	requestIDHeader = "x-request-id"
	hopsHeader      = "x-hops"
	// retriesHeader is how often the callee may repeat calls of its own.
	retriesHeader = "x-retries"
	// processHeader names the process that the call is meant for.
	processHeader = "x-process"
	// shadowHeader marks a call whose answer is only compared.
	shadowHeader = "x-shadow"
	// identityHeader says on whose behalf the call is made, signed.
	identityHeader = "x-identity"
)

// What a process says in the trailer of a failed call, for the route at the
// other side: that the module itself answered, or that it was never asked.
const (
	answeredHeader = "x-answered"
	neverRanHeader = "x-never-ran"
)

var (
	answeredMark = metadata.Pairs(answeredHeader, "1")
	neverRanMark = metadata.Pairs(neverRanHeader, "1")
)

// MaxHops bounds how often a call is passed on. One hop is a process that
// reaches a module through its peer; more only happens while routes change, when
// they may lead in a circle for a moment.
const MaxHops = 3

// Hops is how many processes have passed the call on that is being served. A
// number that can't be read counts as one too many.
func Hops(ctx context.Context) int {
	md, _ := metadata.FromIncomingContext(ctx)
	return hopsIn(md)
}

func hopsIn(md metadata.MD) int {
	text := first(md, hopsHeader)
	if text == "" {
		return 0
	}
	hops, err := strconv.Atoi(text)
	if err != nil || hops < 0 {
		return MaxHops
	}
	return hops
}

// WithHops is the context of a call that so many processes have passed on.
func WithHops(ctx context.Context, hops int) context.Context {
	return metadata.AppendToOutgoingContext(ctx, hopsHeader, strconv.Itoa(hops))
}

// WithCaller is the context of a call that goes to another process without a
// route, and says who makes it; For does so for all others.
func WithCaller(ctx context.Context, caller string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, callerHeader, caller)
}

// CallerOf is the name under which a call arrived from another process. Whether the
// connection entitles it to the name is for Admit to say.
func CallerOf(ctx context.Context) string {
	md, _ := metadata.FromIncomingContext(ctx)
	return first(md, callerHeader)
}

// outgoing adds caller, request id, identity and trace to the metadata of a call.
func outgoing(ctx context.Context, c call, process string) context.Context {
	pairs := []string{callerHeader, c.origin.caller}
	if process != "" {
		pairs = append(pairs, processHeader, process)
	}
	if retries := c.retriesBehind(ctx); retries > 0 {
		pairs = append(pairs, retriesHeader, strconv.Itoa(retries))
	}
	if telemetry.IsShadow(ctx) {
		pairs = append(pairs, shadowHeader, "1")
	}
	if id := telemetry.RequestID(ctx); id != "" {
		pairs = append(pairs, requestIDHeader, id)
	}
	if statement := identity.Statement(ctx); statement != "" {
		pairs = append(pairs, identityHeader, statement)
	}
	if c.hops > 0 {
		pairs = append(pairs, hopsHeader, strconv.Itoa(c.hops))
	}
	if telemetry.Tracing() {
		trace := propagation.MapCarrier{}
		otel.GetTextMapPropagator().Inject(ctx, trace)
		for key, value := range trace {
			pairs = append(pairs, key, value)
		}
	}
	own, _ := metadata.FromOutgoingContext(ctx)
	sent := metadata.Pairs(pairs...)
	// What the caller itself put under the route's names is not believed.
	for key, values := range ownMetadata(own) {
		sent[key] = values
	}
	return metadata.NewOutgoingContext(ctx, sent)
}

// arrival is what outgoing sent.
type arrival struct {
	caller string
	// process is the one the call is meant for; "": any.
	process       string
	hops, retries int
	// rest is the caller's own metadata.
	rest metadata.MD
}

func incoming(ctx context.Context) (context.Context, arrival) {
	md, _ := metadata.FromIncomingContext(ctx)
	a := arrival{caller: first(md, callerHeader), process: first(md, processHeader), hops: hopsIn(md)}
	a.retries, _ = strconv.Atoi(first(md, retriesHeader))
	a.retries = min(max(a.retries, 0), maxRetries)
	if first(md, shadowHeader) != "" {
		ctx = telemetry.WithShadow(ctx)
	}
	if id := first(md, requestIDHeader); id != "" {
		ctx = telemetry.WithRequestID(ctx, id)
	}
	if statement := first(md, identityHeader); statement != "" {
		ctx = identity.With(ctx, statement)
	}
	if telemetry.Tracing() {
		trace := propagation.MapCarrier{}
		for _, key := range otel.GetTextMapPropagator().Fields() {
			if value := first(md, key); value != "" {
				trace[key] = value
			}
		}
		ctx = otel.GetTextMapPropagator().Extract(ctx, trace)
	}
	a.rest = ownMetadata(md)
	return ctx, a
}

// ownMetadata leaves out what is not a module's to say: what the route, gRPC and
// HTTP add, and what OpenTelemetry would read: the trace is that of the context,
// and baggage is not carried at all. No module reads baggage, and the route would
// have to believe it, from whichever program outside had filled it.
func ownMetadata(md metadata.MD) metadata.MD {
	rest := metadata.MD{}
	for key, values := range md {
		if len(values) == 0 {
			continue
		}
		switch key {
		case callerHeader, requestIDHeader, hopsHeader, retriesHeader, processHeader, shadowHeader, identityHeader,
			answeredHeader, neverRanHeader, "content-type", "user-agent", "te", "host", "connection", "traceparent", "tracestate", "baggage":
			continue
		}
		if strings.HasPrefix(key, ":") || strings.HasPrefix(key, "grpc-") {
			continue
		}
		rest[key] = values
	}
	return rest
}

func first(md metadata.MD, key string) string {
	if values := md.Get(key); len(values) > 0 {
		return values[0]
	}
	return ""
}

// giveMetadata hands header and trailer of the answer to a caller that asked for
// them.
func (c *call) giveMetadata(header, trailer metadata.MD) {
	for _, option := range c.options {
		switch o := option.(type) {
		case grpc.HeaderCallOption:
			*o.HeaderAddr = ownMetadata(header)
		case grpc.TrailerCallOption:
			*o.TrailerAddr = ownMetadata(trailer)
		}
	}
}
