package telemetry

import (
	"context"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// guard masks identification numbers in spans on their way out, off the path of the
// request that made them. It also knows when the last span has gone, which the
// SDK does not tell once its deadline has passed.
type guard struct {
	sdktrace.SpanExporter
	drained chan struct{} // closed when the processor is through its queue
	once    sync.Once
}

func newGuard(e sdktrace.SpanExporter) *guard {
	return &guard{SpanExporter: e, drained: make(chan struct{})}
}

func (g *guard) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	safe := make([]sdktrace.ReadOnlySpan, len(spans))
	for i, s := range spans {
		safe[i] = maskedSpan{s}
	}
	return g.SpanExporter.ExportSpans(ctx, safe)
}

// Shutdown is called by the processor when its queue is empty.
func (g *guard) Shutdown(ctx context.Context) error {
	g.once.Do(func() { close(g.drained) })
	return g.SpanExporter.Shutdown(ctx)
}

// cut ends the export under way and makes those to come fail at once, so that
// the processor's goroutine ends now and not after a timeout for every batch.
func (g *guard) cut() {
	over, cancel := context.WithCancel(context.Background())
	cancel()
	_ = g.SpanExporter.Shutdown(over) // the deadline is over: that is the reason, not an error
	<-g.drained
}

// Masked is the span without what looks like an identification number.
func Masked(s sdktrace.ReadOnlySpan) sdktrace.ReadOnlySpan { return maskedSpan{s} }

type maskedSpan struct{ sdktrace.ReadOnlySpan }

func (s maskedSpan) Name() string { return MaskNumbers(s.ReadOnlySpan.Name()) }

func (s maskedSpan) Attributes() []attribute.KeyValue {
	return MaskedAttributes(s.ReadOnlySpan.Attributes())
}

func (s maskedSpan) Status() sdktrace.Status {
	status := s.ReadOnlySpan.Status()
	status.Description = MaskNumbers(status.Description)
	return status
}

func (s maskedSpan) Events() []sdktrace.Event {
	events := append([]sdktrace.Event(nil), s.ReadOnlySpan.Events()...)
	for i := range events {
		events[i].Name = MaskNumbers(events[i].Name)
		events[i].Attributes = MaskedAttributes(events[i].Attributes)
	}
	return events
}

func (s maskedSpan) Links() []sdktrace.Link {
	links := append([]sdktrace.Link(nil), s.ReadOnlySpan.Links()...)
	for i := range links {
		links[i].Attributes = MaskedAttributes(links[i].Attributes)
	}
	return links
}

// MaskedAttributes are the attributes without what looks like an identification number.
func MaskedAttributes(attrs []attribute.KeyValue) []attribute.KeyValue {
	safe := make([]attribute.KeyValue, len(attrs))
	for i, a := range attrs {
		safe[i] = a
		text := a.Value.String() // lists and numbers are judged by how they are written
		if a.Value.Type() == attribute.INT64 && isTime(text) {
			continue
		}
		if hidden := MaskNumbers(text); hidden != text {
			safe[i].Value = attribute.StringValue(hidden)
		}
	}
	return safe
}
