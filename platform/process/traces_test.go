package process

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	oteltrace "go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	grpccodes "google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	processv1 "galleria/platform/process/v1"
	"galleria/platform/telemetry"
	"galleria/platform/traces"
)

// storeIn is a store that runs, with a tracer whose spans it gets.
func storeIn(t *testing.T, name string) (*traces.Store, oteltrace.Tracer) {
	t.Helper()
	store := traces.New(traces.Options{Dir: t.TempDir(), Name: name, Slow: time.Hour})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = store.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return store, sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(store)).Tracer("test")
}

// failedIn is a store with one trace that failed, and a log with one line.
func failedIn(t *testing.T, name string) (*traces.Store, *telemetry.Lines) {
	t.Helper()
	store, tracer := storeIn(t, name)
	_, span := tracer.Start(t.Context(), "work of "+name)
	span.SetStatus(codes.Error, "away")
	span.End()
	for len(store.Find(traces.Latest, "", 1)) == 0 {
		time.Sleep(time.Millisecond)
	}
	lines := &telemetry.Lines{}
	telemetry.NewLogger(lines, "text", slog.LevelInfo).Info("said", "module", "alpha", "by", name)
	return store, lines
}

func TestTracesAndLinesOfAllProcessesAreAskedForTogether(t *testing.T) {
	h := newHouse(t)
	with := func(name string) func(*Options) {
		return func(o *Options) { o.Traces, o.Lines = failedIn(t, name) }
	}
	main := h.start("main", nil, with("main"))
	h.start("other", places{"alpha": here}, peerOf(main), with("other"))
	client := h.client(main)
	alone, err := client.FindTraces(t.Context(), &processv1.FindTracesRequest{})
	if err != nil || len(alone.GetTraces()) != 1 || alone.GetTraces()[0].GetProcess() != main.name {
		t.Fatalf("alone: got %v and error %v, want its own", alone, err)
	}
	all, err := client.FindTraces(t.Context(), &processv1.FindTracesRequest{Others: true, By: processv1.FindTracesRequest_BY_FAILED})
	if err != nil || len(all.GetTraces()) != 2 || len(all.GetProblems()) != 0 {
		t.Fatalf("together: got %v and error %v, want those of both", all, err)
	}
	second := all.GetTraces()[1]
	if s := second.GetSpans()[0]; second.GetProcess() == main.name || s.GetName() != "work of other" || s.GetFailed() != "away" {
		t.Errorf("got %v, want that of the other", second)
	}
	one, err := client.FindTraces(t.Context(), &processv1.FindTracesRequest{Others: true, TraceId: second.GetTraceId()})
	if err != nil || len(one.GetTraces()) != 1 {
		t.Errorf("by its id: got %v and error %v, want one", one, err)
	}
	lines, err := client.FindLines(t.Context(), &processv1.FindLinesRequest{Others: true, Key: "module", Value: "alpha"})
	if err != nil || len(lines.GetLines()) != 2 {
		t.Errorf("got %v and error %v, want a line of each", lines, err)
	}
	if none, err := client.FindLines(t.Context(), &processv1.FindLinesRequest{Others: true, Key: "module", Value: "beta"}); err != nil || len(none.GetLines()) != 0 {
		t.Errorf("of a module that said nothing: got %v and error %v", none, err)
	}
}

func TestTheOthersKeepTheirPartsOfWhatFailedElsewhere(t *testing.T) {
	h := newHouse(t)
	first, begins := storeIn(t, "main")
	second, goesOn := storeIn(t, "other")
	main := h.start("main", nil, func(o *Options) { o.Traces = first })
	h.start("other", places{"alpha": here}, peerOf(main), func(o *Options) { o.Traces = second })
	ctx, request := begins.Start(t.Context(), "request")
	_, part := goesOn.Start(ctx, "part that goes well")
	part.End()
	request.SetStatus(codes.Error, "away")
	request.End()
	eventually(t, "parts kept", 1, func() int { return len(second.Find(traces.Latest, "part that", 1)) })
}

// The second trace is taken up only when the asking for the first has ended.
func TestAProcessThatMayNotAskForTracesDoesNot(t *testing.T) {
	h := newHouse(t)
	var log book
	main := h.start("main", nil, logTo(&log))
	store, tracer := storeIn(t, "other")
	h.start("other", places{"alpha": here}, peerOf(main), func(o *Options) { o.Identity, o.Traces = h.identity("alpha"), store })
	for n := range 2 {
		_, work := tracer.Start(t.Context(), "work")
		work.SetStatus(codes.Error, "away")
		work.End()
		eventually(t, "traces kept", n+1, func() int { return len(store.Find(traces.Latest, "", 10)) })
		eventually(t, "traces not taken up", 0, func() int { return len(store.Wanted()) })
	}
	if log.has("refused at the door", "FindTraces") {
		t.Error("it asked the main process, which refused it")
	}
}

func TestNoDeadLetterIsGivenUpThatIsNotNamed(t *testing.T) {
	h := newHouse(t)
	client := h.client(h.start("main", nil))
	discard := func(module string, ids ...string) grpccodes.Code {
		_, err := client.DiscardDeadLetters(t.Context(), &processv1.DiscardDeadLettersRequest{Module: module, EventIds: ids}, grpc.WaitForReady(true))
		return status.Code(err)
	}
	if got := discard("beta"); got != grpccodes.InvalidArgument {
		t.Errorf("none named: got %s", got)
	}
	if got := discard("beta", "unknown"); got != grpccodes.NotFound {
		t.Errorf("an unknown one: got %s", got)
	}
	if got := discard("gamma", "unknown"); got != grpccodes.NotFound {
		t.Errorf("no such module: got %s", got)
	}
}
