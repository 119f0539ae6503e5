package route

import (
	"context"
	"testing"

	"go.opentelemetry.io/otel"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	probev1 "galleria/platform/route/probe/v1"
	"galleria/platform/telemetry"
)

func TestATraceGoesThroughACallInEveryMode(t *testing.T) {
	exporter := tracetest.NewInMemoryExporter()
	shutdown, err := telemetry.Setup(t.Context(), telemetry.TraceOptions{Exporter: exporter, SampleRatio: 1, Service: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer shutdown(context.Background())
	inside := make(chan trace.SpanContext, 1)
	server := &probe{echo: func(ctx context.Context, _ *probev1.EchoRequest) (*probev1.EchoResponse, error) {
		_, own := otel.Tracer("module").Start(ctx, "work of the module")
		own.End()
		inside <- trace.SpanContextFromContext(ctx)
		return &probev1.EchoResponse{}, nil
	}}
	inEveryMode(t, server, func(t *testing.T, s scene) {
		exporter.Reset()
		ctx, request := otel.Tracer("edge").Start(t.Context(), "request")
		if _, err := s.client.Echo(ctx, &probev1.EchoRequest{}); err != nil {
			t.Fatal(err)
		}
		request.End()
		id := request.SpanContext().TraceID()
		if got := <-inside; got.TraceID() != id {
			t.Errorf("inside the module the trace is %s, want the caller's %s", got.TraceID(), id)
		}
		named := map[string]sdktrace.ReadOnlySpan{}
		for _, span := range exporter.GetSpans().Snapshots() {
			if span.SpanContext().TraceID() == id {
				named[span.Name()] = span
			}
		}
		for _, name := range []string{"request", "platform.route.probe.v1.ProbeService/Echo", "work of the module"} {
			if named[name] == nil {
				t.Errorf("the trace has no span %q: %v", name, named)
			}
		}
	})
}
