package events

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/protobuf/types/known/wrapperspb"
	"gorm.io/gorm"

	"galleria/platform/database"
	"galleria/platform/telemetry"
)

// The tests here do not run beside others: tracing is the process's.

func setUpTracing(t *testing.T) (spans *tracetest.InMemoryExporter, shutdown func()) {
	t.Helper()
	spans = tracetest.NewInMemoryExporter()
	end, err := telemetry.Setup(t.Context(), telemetry.TraceOptions{Exporter: spans, SampleRatio: 1, Log: quietLog})
	if err != nil {
		t.Fatal(err)
	}
	shutdown = func() {
		if err := end(context.Background()); err != nil {
			t.Errorf("end tracing: %v", err)
		}
	}
	t.Cleanup(shutdown)
	return spans, shutdown
}

// request is a span of a caller that appends events or asks for something.
func request(t *testing.T, name string) (context.Context, trace.Span) {
	t.Helper()
	state, err := trace.ParseTraceState("other=4711")
	if err != nil {
		t.Fatal(err)
	}
	ctx := trace.ContextWithRemoteSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{0xab, 15: 1}, SpanID: trace.SpanID{1}, TraceFlags: trace.FlagsSampled, TraceState: state,
	}))
	return otel.Tracer("test").Start(ctx, name)
}

func publishIn(t *testing.T, ctx context.Context, db *database.DB, aggregate, value string) {
	t.Helper()
	err := db.Write(ctx, func(tx *gorm.DB) error { return Append(tx, time.Now(), aggregate, wrapperspb.String(value)) })
	if err != nil {
		t.Fatalf("append: %v", err)
	}
}

// consumers waits for the spans of n attempts.
func consumers(t *testing.T, spans *tracetest.InMemoryExporter, n int) tracetest.SpanStubs {
	t.Helper()
	var found tracetest.SpanStubs
	eventually(t, "spans of consumers", n, func() int {
		found = slices.DeleteFunc(spans.GetSpans(), func(s tracetest.SpanStub) bool { return s.SpanKind != trace.SpanKindConsumer })
		return len(found)
	})
	return found
}

func wantParent(t *testing.T, child tracetest.SpanStub, parent trace.SpanContext) {
	t.Helper()
	if child.SpanContext.TraceID() != parent.TraceID() || child.Parent.SpanID() != parent.SpanID() {
		t.Errorf("%s is in trace %s under span %s, want trace %s under span %s", child.Name,
			child.SpanContext.TraceID(), child.Parent.SpanID(), parent.TraceID(), parent.SpanID())
	}
	if got := child.SpanContext.TraceState().String(); got != parent.TraceState().String() {
		t.Errorf("%s has the trace state %q, want %q", child.Name, got, parent.TraceState())
	}
}

// A handler appends an event of its own, which another module hears: all of it
// belongs to the request that began it.
func TestATraceGoesOnInThoseWhoHearOfIt(t *testing.T) {
	everywhere(t, func(t *testing.T, dbs databases) {
		spans, _ := setUpTracing(t)
		c := connect(t, openBroker(t, t.TempDir()))
		publisher, middle, last := dbs.open(t, "publisher"), dbs.open(t, "middle"), dbs.open(t, "last")
		start(t, newRelay(publisher, c).Run)
		start(t, newRelay(middle, c).Run)
		start(t, newSubscriber(t, "middle", middle, c, On(func(_ context.Context, tx *gorm.DB, event *wrapperspb.StringValue, meta Meta) error {
			return Append(tx, time.Now(), meta.Aggregate, wrapperspb.Bool(true))
		})).Run)
		start(t, newSubscriber(t, "last", last, c, On(func(_ context.Context, tx *gorm.DB, event *wrapperspb.BoolValue, meta Meta) error {
			return effect(tx, "heard", meta)
		})).Run)

		ctx, span := request(t, "request")
		publishIn(t, ctx, publisher, "a.1", "said")
		span.End()
		wantEffects(t, last, "a.1", "heard")

		found := consumers(t, spans, 2)
		first, second := found[0], found[1]
		wantParent(t, first, span.SpanContext())
		wantParent(t, second, first.SpanContext)
		for i, want := range []string{"process events.google.StringValue.{aggregate}", "process events.google.BoolValue.{aggregate}"} {
			if got := found[i].Name; got != want {
				t.Errorf("span %d: got the name %q, want %q", i, got, want)
			}
		}
		attributes := map[string]string{}
		for _, a := range first.Attributes {
			attributes[string(a.Key)] = a.Value.AsString()
		}
		if attributes["messaging.message.id"] == "" {
			t.Error("the span does not say the event's id")
		}
		for key, want := range map[string]string{
			"messaging.system": "nats", "messaging.operation.name": "process", "messaging.operation.type": "process",
			"messaging.destination.name":     "events.google.StringValue.a%2E1",
			"messaging.destination.template": "events.google.StringValue.{aggregate}",
			"messaging.consumer.group.name":  "middle",
		} {
			if got := attributes[key]; got != want {
				t.Errorf("attribute %s: got %q, want %q", key, got, want)
			}
		}
	})
}

func TestAParkedEventKeepsItsTrace(t *testing.T) {
	everywhere(t, func(t *testing.T, dbs databases) {
		spans, _ := setUpTracing(t)
		c := connect(t, openBroker(t, t.TempDir()))
		publisher, reader := dbs.open(t, "publisher"), dbs.open(t, "reader")
		start(t, newRelay(publisher, c).Run)
		var poison poisoned
		subscriber := newSubscriber(t, "reader", reader, c, onText(poison.handle))
		start(t, subscriber.Run)
		ctx, span := request(t, "request")
		publishIn(t, ctx, publisher, "a", "bad")
		span.End()

		attempts := len(noBackoff) + 1
		failed := consumers(t, spans, attempts)
		poison.cured.Store(true)
		eventually(t, "dead letters", 1, func() int { return len(letters(t, reader)) })
		operator, asking := otel.Tracer("test").Start(t.Context(), "operator")
		if _, err := subscriber.Resend(operator, letters(t, reader)[0].EventID); err != nil {
			t.Fatal(err)
		}
		asking.End()
		for _, s := range failed {
			wantParent(t, s, span.SpanContext())
			if s.Status.Code != codes.Error {
				t.Errorf("an attempt that failed: got the status %v, want an error", s.Status)
			}
		}
		resent := consumers(t, spans, attempts+1)[attempts]
		wantParent(t, resent, span.SpanContext())
		if resent.Status.Code == codes.Error {
			t.Errorf("the attempt that succeeded: got the status %v", resent.Status)
		}
		if len(resent.Links) != 1 || !resent.Links[0].SpanContext.Equal(asking.SpanContext()) {
			t.Errorf("the attempt that was asked for: got the links %v, want one to the operator", resent.Links)
		}
	})
}

func TestAnEventWithoutATraceBeginsOne(t *testing.T) {
	spans, _ := setUpTracing(t)
	c := connect(t, openBroker(t, t.TempDir()))
	publisher, reader := openDB(t, "publisher", t.TempDir()), openDB(t, "reader", t.TempDir())
	start(t, newRelay(publisher, c).Run)
	start(t, newSubscriber(t, "reader", reader, c, onText(nil)).Run)
	publish(t, publisher, "a", "1")
	if got := consumers(t, spans, 1)[0]; got.Parent.IsValid() || !got.SpanContext.IsValid() {
		t.Errorf("got the span %v under %v, want one under none", got.SpanContext, got.Parent)
	}
}

// Where nothing is traced nothing is added, and what others traced is passed on.
func TestAProcessThatTracesNothing(t *testing.T) {
	_, shutdown := setUpTracing(t)
	c := connect(t, openBroker(t, t.TempDir()))
	publisher, reader := openDB(t, "publisher", t.TempDir()), openDB(t, "reader", t.TempDir())
	ctx, span := request(t, "request")
	publishIn(t, ctx, publisher, "a", "bad")
	span.End()
	shutdown()
	publishIn(t, ctx, publisher, "b", "1")
	if got := testing.AllocsPerRun(100, func() { originOf(ctx) }); got != 0 {
		t.Errorf("asking for a trace there is not: got %v allocations, want 0", got)
	}

	if _, err := newRelay(publisher, c).publishBatch(t.Context()); err != nil {
		t.Fatal(err)
	}
	traced, untraced := headerOf(t, c, "a"), headerOf(t, c, "b")
	parent := "00-" + span.SpanContext().TraceID().String() + "-" + span.SpanContext().SpanID().String() + "-01"
	if traced.Get("traceparent") != parent || traced.Get("tracestate") != "other=4711" {
		t.Errorf("headers of the traced event: got %v, want traceparent %s and tracestate other=4711", traced, parent)
	}
	for header := range untraced {
		if !slices.Contains([]string{nats.MsgIdHdr, nats.ExpectedStreamHdr, headerType, headerAggregate, headerOccurredAt}, header) {
			t.Errorf("headers of the untraced event: got %s too", header)
		}
	}
	subscriber := newSubscriber(t, "reader", reader, c, onText(func(value string, _ Meta) error {
		if value == "bad" {
			return errors.New("bad")
		}
		return nil
	}))
	start(t, subscriber.Run)
	wantEffects(t, reader, "b", "1")
	row, err := firstParked(reader.Read(t.Context()), "events.google.", "a")
	if err != nil || row.Traceparent != parent || row.Tracestate != "other=4711" {
		t.Errorf("the letter of the traced event: got %+v, %v, want its trace kept", row, err)
	}
}

// headerOf is the header of the last event of an aggregate in the stream.
func headerOf(t *testing.T, c *Conn, aggregate string) nats.Header {
	t.Helper()
	s, err := c.js.Stream(t.Context(), StreamName)
	if err != nil {
		t.Fatal(err)
	}
	var m *jetstream.RawStreamMsg
	if m, err = s.GetLastMsgForSubject(t.Context(), "events.*.*."+aggregate); err != nil {
		t.Fatal(err)
	}
	return m.Header
}
