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
	// OnArrival is told of a trace that begins here, or comes in from another process,
	// with a step; that step, of which Arrives is true, is its end.
	OnArrival(trace.TraceID)
	// OnStep is given a step that has ended, and owns it from then on.
	OnStep(*Step)
}

// steps is the keeper that is given steps; nil: there is none, and none are made.
var steps atomic.Pointer[Keeper]

// exporting tells whether spans may be exported: then each trace begins with one.
var exporting atomic.Bool

// Step is a call that is noted for the keeper alone. It says what a span of
// OpenTelemetry would, and is cheaper, since it is made for each call of each
// request, and nearly all are thrown away again. In a context it is the span that what
// happens below hangs from.
type Step struct {
	noop.Span // what nothing here uses: events, links

	Call
	// Parent is the span, or step, that it hangs from; invalid where the trace begins.
	Parent trace.SpanID
	At     time.Time
	Took   time.Duration
	// Failed is why it failed; "": it did not.
	Failed string

	self trace.SpanContext

	mu    sync.Mutex
	marks []attribute.KeyValue
}

// Arrives tells whether the trace begins with the step, or comes in from another process.
func (s *Step) Arrives() bool { return s.Kind == trace.SpanKindServer || !s.Parent.IsValid() }

// Call says which call, or request, is traced.
type Call struct {
	// Name is its method. Caller is who makes it, and Mode where it goes, when that is
	// known here.
	Name, Caller, Mode string
	Kind               trace.SpanKind
}

func (c Call) attributes() (of []attribute.KeyValue) {
	if c.Caller != "" {
		of = append(of, attribute.String("caller", c.Caller))
	}
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

// Traced is a call under way; the zero value, of one that is not noted, does nothing.
type Traced struct {
	span trace.Span
	step *Step
}

// Begin begins a call. It is a span in traces that are exported, and where one begins
// that may be, and else a step.
func Begin(ctx context.Context, c Call) (context.Context, Traced) {
	if !tracing.Load() {
		return ctx, Traced{}
	}
	above := trace.SpanContextFromContext(ctx)
	if above.IsSampled() || !above.IsValid() && exporting.Load() {
		ctx, span := otel.Tracer("galleria/platform/telemetry").Start(ctx, c.Name, trace.WithSpanKind(c.Kind), trace.WithAttributes(c.attributes()...))
		return ctx, Traced{span: span}
	}
	keeper := steps.Load()
	if keeper == nil {
		return ctx, Traced{}
	}
	self := above
	if !above.IsValid() {
		self = trace.NewSpanContext(trace.SpanContextConfig{TraceID: newTraceID()})
	}
	s := &Step{Call: c, Parent: above.SpanID(), At: time.Now(), self: self.WithSpanID(newSpanID()).WithRemote(false)}
	if s.Arrives() {
		(*keeper).OnArrival(self.TraceID())
	}
	return trace.ContextWithSpan(ctx, s), Traced{step: s}
}

func newTraceID() (id trace.TraceID) {
	binary.BigEndian.PutUint64(id[:8], rand.Uint64())
	binary.BigEndian.PutUint64(id[8:], max(1, rand.Uint64()))
	return id
}

func newSpanID() (id trace.SpanID) {
	binary.BigEndian.PutUint64(id[:], max(1, rand.Uint64()))
	return id
}

// Set says more of the call.
func (t Traced) Set(more ...attribute.KeyValue) {
	if t.span != nil {
		t.span.SetAttributes(more...)
	}
	if t.step != nil {
		t.step.SetAttributes(more...)
	}
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
