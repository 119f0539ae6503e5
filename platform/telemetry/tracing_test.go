package telemetry_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/prototext"

	"galleria/platform/telemetry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// collecting is an OTLP collector that keeps what it gets.
type collecting struct {
	collector.UnimplementedTraceServiceServer
	mu   sync.Mutex
	got  []*collector.ExportTraceServiceRequest
	hold chan struct{} // if not nil, requests wait for it to be closed
}

func (c *collecting) Export(ctx context.Context, r *collector.ExportTraceServiceRequest) (*collector.ExportTraceServiceResponse, error) {
	if c.hold != nil {
		select {
		case <-c.hold:
		case <-ctx.Done():
		}
		return nil, errors.New("slow")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.got = append(c.got, r)
	return &collector.ExportTraceServiceResponse{}, nil
}

func (c *collecting) serve(t *testing.T) (endpoint string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	collector.RegisterTraceServiceServer(server, c)
	done := make(chan error)
	go func() { done <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-done; err != nil {
			t.Errorf("collector: %v", err)
		}
	})
	return listener.Addr().String()
}

func setUp(t *testing.T, o telemetry.TraceOptions) (shutdown func(context.Context) error) {
	t.Helper()
	shutdown, err := telemetry.Setup(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return shutdown
}

func span(ctx context.Context, name string) (context.Context, trace.Span) {
	return otel.Tracer("test").Start(ctx, name)
}

func TestSpansReachTheCollectorWithoutIdentificationNumbers(t *testing.T) {
	var c collecting
	shutdown := setUp(t, telemetry.TraceOptions{Endpoint: c.serve(t), Insecure: true, Service: "app", SampleRatio: 1})
	if !telemetry.Tracing() {
		t.Error("Tracing: got false, want true after Setup")
	}
	ctx, outer := span(t.Context(), "outer")
	_, inner := span(ctx, "inner "+number)
	inner.SetAttributes(attribute.String("s", number), attribute.Int64("i", 4242424242424242),
		attribute.StringSlice("l", []string{"4242-4242-4242-4242"}), attribute.Int64("micros", 1795252402560116))
	inner.AddEvent("event "+number, trace.WithAttributes(attribute.String("e", number)))
	inner.AddLink(trace.Link{SpanContext: outer.SpanContext(), Attributes: []attribute.KeyValue{attribute.String("k", number)}})
	inner.RecordError(errors.New("declined " + number))
	inner.SetStatus(codes.Error, "status "+number)
	inner.End()
	outer.End()
	if err := shutdown(t.Context()); err != nil {
		t.Errorf("shutdown: got %v, want nil", err)
	}
	if telemetry.Tracing() {
		t.Error("Tracing: got true, want false after shutdown")
	}

	c.mu.Lock()
	defer c.mu.Unlock()
	var all strings.Builder
	for _, r := range c.got {
		all.WriteString(prototext.Format(r))
	}
	got := all.String()
	for _, want := range []string{`"service.name"`, `"app"`, `"outer"`, `"inner ************4242"`, "1795252402560116"} {
		if !strings.Contains(got, want) {
			t.Errorf("the collector got no %s in\n%s", want, got)
		}
	}
	if strings.Contains(strings.ReplaceAll(got, "-", ""), number) {
		t.Errorf("the collector got an identification number in\n%s", got)
	}
}

func TestWithoutEndpointNothingIsTraced(t *testing.T) {
	shutdown := setUp(t, telemetry.TraceOptions{Service: "app", SampleRatio: 1})
	_, s := span(t.Context(), "x")
	defer s.End()
	if telemetry.Tracing() || s.IsRecording() {
		t.Error("got a recorded span, want none")
	}
	if err := shutdown(t.Context()); err != nil {
		t.Errorf("shutdown: got %v, want nil", err)
	}
}

func TestOptionsThatMakeNoSenseAreRefused(t *testing.T) {
	for _, o := range []telemetry.TraceOptions{
		{Endpoint: "collector", SampleRatio: 1},
		{Endpoint: "http://collector:4317/v1", SampleRatio: 1},
		{Endpoint: "collector:4317", SampleRatio: 2},
	} {
		if _, err := telemetry.Setup(t.Context(), o); err == nil || telemetry.Tracing() {
			t.Errorf("%+v: got error %v and tracing %v, want a refusal", o, err, telemetry.Tracing())
		}
	}
}

func TestTheDecisionToSampleIsMadeWhereATraceBegins(t *testing.T) {
	exporter := tracetest.NewInMemoryExporter()
	shutdown := setUp(t, telemetry.TraceOptions{Exporter: exporter, SampleRatio: 0})
	_, s := span(t.Context(), "begun here")
	s.End()
	from := propagation.MapCarrier{"traceparent": "00-ab000000000000000000000000000001-0000000000000001-01", "baggage": "k=v"}
	ctx := otel.GetTextMapPropagator().Extract(t.Context(), from)
	ctx, s = span(ctx, "begun elsewhere")
	s.End()
	if got := exporter.GetSpans(); len(got) != 1 || got[0].Name != "begun elsewhere" || got[0].SpanContext.TraceID().String() != traceID {
		t.Errorf("got %v, want only the span of the sampled trace", got)
	}
	to := propagation.MapCarrier{}
	otel.GetTextMapPropagator().Inject(ctx, to)
	if !strings.HasPrefix(to["traceparent"], "00-"+traceID) || to["baggage"] != "" {
		t.Errorf("got %v passed on, want the same trace, and no baggage", to)
	}
	if err := shutdown(t.Context()); err != nil {
		t.Errorf("shutdown: got %v, want nil", err)
	}
}

// keeper is told what happens, in its order.
type keeper struct {
	*tracetest.SpanRecorder
	steps   []*telemetry.Step
	arrived []trace.TraceID
}

func (k *keeper) OnArrival(id trace.TraceID)  { k.arrived = append(k.arrived, id) }
func (k *keeper) OnStep(step *telemetry.Step) { k.steps = append(k.steps, step) }

func TestRequestsAndTheirCallsAreStepsForTheKeeper(t *testing.T) {
	k := &keeper{SpanRecorder: tracetest.NewSpanRecorder()}
	shutdown := setUp(t, telemetry.TraceOptions{Keeper: k})
	ctx, request := telemetry.Begin(t.Context(), telemetry.Call{Name: "a request", Kind: trace.SpanKindServer})
	outer, first := telemetry.Begin(ctx, telemetry.Call{Name: "first", Caller: "edge", Mode: "remote", Kind: trace.SpanKindClient})
	to := propagation.MapCarrier{}
	otel.GetTextMapPropagator().Inject(outer, to)
	elsewhere, second := telemetry.Begin(otel.GetTextMapPropagator().Extract(t.Context(), to), telemetry.Call{Name: "second", Caller: "edge", Kind: trace.SpanKindServer})
	telemetry.Mark(elsewhere, "order", "G-1")
	second.End("Internal")
	first.End("")
	request.Set(attribute.Int("status", 500))
	request.End("Internal Server Error")
	if err := shutdown(t.Context()); err != nil {
		t.Errorf("shutdown: got %v, want nil", err)
	}
	if got := len(k.Ended()); got != 0 || len(k.steps) != 3 {
		t.Fatalf("got %d spans and %d steps, want a step for the request and for each call", got, len(k.steps))
	}
	inner, above, root := k.steps[0], k.steps[1], k.steps[2]
	id := root.SpanContext().TraceID()
	if root.Parent.IsValid() || !id.IsValid() || above.Parent != root.SpanContext().SpanID() || inner.Parent != above.SpanContext().SpanID() {
		t.Errorf("got the parents %s, %s and %s, want none, the request %s and the call %s", root.Parent, above.Parent, inner.Parent, root.SpanContext().SpanID(), above.SpanContext().SpanID())
	}
	if inner.SpanContext().TraceID() != id || !slices.Equal(k.arrived, []trace.TraceID{id, id}) || !root.Arrives() || above.Arrives() || !inner.Arrives() {
		t.Errorf("got the trace %s and arrivals %v, want %s to have begun, and to have arrived once", inner.SpanContext().TraceID(), k.arrived, id)
	}
	if got := fmt.Sprint(root.Attributes()); !strings.Contains(got, "500") || strings.Contains(got, "caller") {
		t.Errorf("got the attributes %s of the request, want its status and no caller", got)
	}
	if inner.Failed != "Internal" || above.Failed != "" {
		t.Errorf("got %q and %q, want that the inner one failed", inner.Failed, above.Failed)
	}
	if got := fmt.Sprint(inner.Attributes()); !strings.Contains(got, "G-1") || !strings.Contains(got, "edge") {
		t.Errorf("got the attributes %s, want the caller and the mark", got)
	}
}

// Where spans may be exported, what decides it is the sampler, which spans alone ask.
func TestATraceThatMayBeExportedBeginsWithASpan(t *testing.T) {
	k := &keeper{SpanRecorder: tracetest.NewSpanRecorder()}
	exported := tracetest.NewInMemoryExporter()
	shutdown := setUp(t, telemetry.TraceOptions{Keeper: k, Exporter: keptSpans{exported}, SampleRatio: 1})
	ctx, request := telemetry.Begin(t.Context(), telemetry.Call{Name: "a request", Kind: trace.SpanKindServer})
	_, call := telemetry.Begin(ctx, telemetry.Call{Name: "a call", Caller: "edge", Kind: trace.SpanKindInternal})
	call.End("")
	request.Set(attribute.Int("status", 200))
	request.End("")
	if err := shutdown(t.Context()); err != nil {
		t.Errorf("shutdown: got %v, want nil", err)
	}
	if spans := fmt.Sprintf("%+v", exported.GetSpans()); len(exported.GetSpans()) != 2 || len(k.Ended()) != 2 || len(k.steps) != 0 || !strings.Contains(spans, "200") {
		t.Errorf("got %s exported and %d steps, want both spans, with the status", spans, len(k.steps))
	}
}

// keptSpans keeps spans after its shutdown.
type keptSpans struct{ *tracetest.InMemoryExporter }

func (keptSpans) Shutdown(context.Context) error { return nil }

func TestTheHandlingOfEventsIsRecordedForTheKeeper(t *testing.T) {
	k := &keeper{SpanRecorder: tracetest.NewSpanRecorder()}
	shutdown := setUp(t, telemetry.TraceOptions{Keeper: k})
	parent := propagation.MapCarrier{"traceparent": "00-ab000000000000000000000000000015-0000000000000001-00"}
	ctx := otel.GetTextMapPropagator().Extract(t.Context(), parent)
	_, s := otel.Tracer("test").Start(ctx, "process an event", trace.WithSpanKind(trace.SpanKindConsumer))
	s.End()
	if err := shutdown(t.Context()); err != nil {
		t.Errorf("shutdown: got %v, want nil", err)
	}
	if got := len(k.Ended()); got != 1 {
		t.Errorf("got %d spans, want one", got)
	}
}

// More spans than any queue holds end while the collector is away or answers
// nothing; were ending one to wait, the test would not.
func TestACollectorThatIsAwayOrSlowBlocksNothing(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	away := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	slow := collecting{hold: make(chan struct{})}
	defer close(slow.hold)
	slowly := slow.serve(t)
	for name, endpoint := range map[string]string{"away": away, "slow": slowly, "slow, without patience": slowly} {
		patience := 50 * time.Millisecond
		if strings.HasSuffix(name, "patience") {
			patience = 0
		}
		var out safeBuffer
		shutdown := setUp(t, telemetry.TraceOptions{
			Endpoint: endpoint, Insecure: true, SampleRatio: 1,
			Log: telemetry.NewLogger(&out, "text", slog.LevelInfo),
		})
		for range 20_000 {
			_, s := span(t.Context(), "x")
			s.End()
		}
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		for range 2 { // the second time does nothing
			if err := shutdown(ctx); err != nil {
				t.Errorf("%s: shutdown: got %v, want nil", name, err)
			}
		}
		cancel()
		if !strings.Contains(out.String(), "the last spans were not sent") {
			t.Errorf("%s: got log %q, want a word about lost spans", name, out.String())
		}
	}
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
