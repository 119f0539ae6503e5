package telemetry

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// Keeper is given what is recorded in this process.
type Keeper interface {
	sdktrace.SpanProcessor
	// OnArrival is told of a trace that comes in from another process; the step of
	// kind server that OnStep is given later is its end.
	OnArrival(trace.TraceID)
	// OnStep is given a step that has ended, and owns it from then on.
	OnStep(*Step)
}

// steps is who is given steps; nil: nobody, and none are made.
var steps atomic.Pointer[Keeper]

// Step is a call that is noted for the keeper alone. It says what a span of
// OpenTelemetry would, and is cheaper, since it is made for each call of each
// request, and nearly all are thrown away again. In a context it is the span that what
// happens below hangs from.
type Step struct {
	noop.Span // what nothing here uses: events, links

	Call
	// Parent is the span, or step, that it hangs from.
	Parent trace.SpanID
	At     time.Time
	Took   time.Duration
	// Failed is why it failed; "": it did not.
	Failed string

	self trace.SpanContext

	mu    sync.Mutex
	marks []attribute.KeyValue
}

// Call says which call is traced.
type Call struct {
	// Name is its method, Caller who makes it, and Mode where it goes; of one that
	// arrives from another process "".
	Name, Caller, Mode string
	Kind               trace.SpanKind
}

func (c Call) attributes() []attribute.KeyValue {
	of := []attribute.KeyValue{attribute.String("caller", c.Caller)}
	if c.Mode != "" {
		of = append(of, attribute.String("mode", c.Mode))
	}
	return of
}

// SpanContext implements trace.Span.
func (s *Step) SpanContext() trace.SpanContext { return s.self }

// SetAttributes implements trace.Span; see Mark.
func (s *Step) SetAttributes(marks ...attribute.KeyValue) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.marks = append(s.marks, marks...)
}

// Attributes are those of the call, and those that were set.
func (s *Step) Attributes() []attribute.KeyValue {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append(s.attributes(), s.marks...)
}

// Traced is a call under way, with nothing in it when nobody wants to know.
type Traced struct {
	span trace.Span
	step *Step
}

// Begin begins a call. It is a span where a trace begins and in traces that are
// exported, and else a step.
func Begin(ctx context.Context, c Call) (context.Context, Traced) {
	if !tracing.Load() {
		return ctx, Traced{}
	}
	above := trace.SpanContextFromContext(ctx)
	if !above.IsValid() || above.IsSampled() {
		ctx, span := otel.Tracer("galleria/platform/telemetry").Start(ctx, c.Name, trace.WithSpanKind(c.Kind), trace.WithAttributes(c.attributes()...))
		return ctx, Traced{span: span}
	}
	keeper := steps.Load()
	if keeper == nil {
		return ctx, Traced{}
	}
	var id trace.SpanID
	binary.BigEndian.PutUint64(id[:], max(1, rand.Uint64()))
	s := &Step{Call: c, Parent: above.SpanID(), At: time.Now(), self: above.WithSpanID(id).WithRemote(false)}
	if c.Kind == trace.SpanKindServer {
		(*keeper).OnArrival(above.TraceID())
	}
	return trace.ContextWithSpan(ctx, s), Traced{step: s}
}

// End ends it. failed is why the call failed; "": it did not.
func (t Traced) End(failed string) {
	if t.span != nil {
		if failed != "" {
			t.span.SetStatus(codes.Error, failed)
		}
		t.span.End()
	}
	if t.step == nil {
		return
	}
	t.step.Took, t.step.Failed = time.Since(t.step.At), failed
	if keeper := steps.Load(); keeper != nil {
		(*keeper).OnStep(t.step)
	}
}
