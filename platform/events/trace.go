package events

import (
	"context"
	"strings"

	"github.com/nats-io/nats.go"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"galleria/platform/telemetry"
)

// The headers of W3C trace context, which are also the names of the columns.
const (
	headerTraceparent = "traceparent"
	headerTracestate  = "tracestate"
)

// origin is the trace an event comes from, as the W3C headers say it; empty when
// it comes from none. It is kept and passed on as it is, also by processes that
// trace nothing themselves.
type origin struct{ parent, state string }

// originOf is the trace that ctx is in.
func originOf(ctx context.Context) origin {
	if !telemetry.Tracing() {
		return origin{}
	}
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return origin{carrier[headerTraceparent], carrier[headerTracestate]}
}

func (o origin) writeTo(h nats.Header) {
	if o.parent != "" {
		h.Set(headerTraceparent, o.parent)
	}
	if o.state != "" {
		h.Set(headerTracestate, o.state)
	}
}

func originIn(h nats.Header) origin {
	return origin{text(h.Get(headerTraceparent)), text(h.Get(headerTracestate))}
}

// traced makes one attempt at d under a consumer's span, a child of the span in
// which the event was appended: so the trace of a request goes on in those who
// hear of it. An attempt that was asked for, as by Resend, is linked to
// the span that asked.
func (s *Subscriber) traced(ctx context.Context, d delivery, attempt func(context.Context) (outcome, error)) (outcome, error) {
	if !telemetry.Tracing() {
		return attempt(ctx)
	}
	asked := trace.SpanContextFromContext(ctx)
	ctx = propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{
		headerTraceparent: d.origin.parent, headerTracestate: d.origin.state,
	})
	options := []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindConsumer), trace.WithAttributes(s.attributes(d)...)}
	if asked.IsValid() && !asked.Equal(trace.SpanContextFromContext(ctx)) {
		options = append(options, trace.WithLinks(trace.Link{SpanContext: asked}))
	}
	ctx, span := otel.Tracer("galleria/platform/events").Start(ctx, "process "+d.template(), options...)
	defer span.End()
	result, err := attempt(ctx)
	switch {
	case err != nil:
		span.SetAttributes(semconv.ErrorType(err))
		span.SetStatus(codes.Error, err.Error())
	case result == parked:
		span.SetStatus(codes.Error, "parked as a dead letter")
	}
	return result, err
}

// attributes are those of OpenTelemetry's conventions for messaging.
func (s *Subscriber) attributes(d delivery) []attribute.KeyValue {
	return []attribute.KeyValue{
		semconv.MessagingSystemKey.String("nats"),
		semconv.MessagingOperationName("process"),
		semconv.MessagingOperationTypeProcess,
		semconv.MessagingDestinationName(d.subject),
		semconv.MessagingDestinationTemplate(d.template()),
		semconv.MessagingConsumerGroupName(s.name),
		semconv.MessagingMessageID(d.meta.ID),
	}
}

// template is the subject for any aggregate: spans are named by what there is
// little of.
func (d delivery) template() string {
	return d.subject[:strings.LastIndexByte(d.subject, '.')+1] + "{aggregate}"
}
