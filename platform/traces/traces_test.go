package traces_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"galleria/platform/telemetry"
	"galleria/platform/traces"
)

// keeping is a store that runs, with a tracer whose spans it gets.
type keeping struct {
	*traces.Store
	tracer trace.Tracer
	stop   func()
}

func keep(t *testing.T, dir string, every int) *keeping {
	t.Helper()
	k := &keeping{Store: traces.New(traces.Options{Dir: dir, Name: "app", Every: every, Slow: time.Hour, Log: slog.New(slog.DiscardHandler)})}
	k.tracer = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(k)).Tracer("test")
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := k.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	k.stop = func() { cancel(); running.Wait() }
	t.Cleanup(k.stop)
	return k
}

// request makes a trace of two spans.
func (k *keeping) request(name, failed string) (id string) {
	ctx, outer := k.tracer.Start(context.Background(), name, trace.WithAttributes(attribute.String("request_id", "request of "+name)))
	_, inner := k.tracer.Start(ctx, "inner of "+name)
	if failed != "" {
		inner.SetStatus(codes.Error, failed)
	}
	inner.End()
	outer.End()
	return outer.SpanContext().TraceID().String()
}

func await(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited for 30 s: %s", what)
		}
	}
}

func TestWhatFailedIsKeptAndFoundAlsoAfterARestart(t *testing.T) {
	dir := t.TempDir()
	k := keep(t, dir, 0)
	k.request("well", "")
	id := k.request("ill 4242424242424242", "declined 4242424242424242")
	await(t, "the failed one is kept", func() bool { return len(k.Find(traces.Latest, "", 10)) > 0 })
	check := func(s *traces.Store) {
		t.Helper()
		all := s.Find(traces.Failed, "", 10)
		if len(all) != 1 || all[0].ID != id || len(all[0].Spans) != 2 || !strings.HasPrefix(all[0].Root().Name, "ill ") || all[0].Spans[0].Parent != all[0].Root().ID {
			t.Fatalf("got %+v, want the failed one with its two spans", all)
		}
		if text := fmt.Sprint(all); strings.Contains(text, "4242424242424242") {
			t.Errorf("an identification number is kept: %s", text)
		}
		if found := s.Find(traces.Latest, "inner of ill", 10); len(found) != 1 {
			t.Errorf("by a part of a name: got %d, want 1", len(found))
		}
	}
	check(k.Store)
	k.stop()
	again := keep(t, dir, 0)
	await(t, "the file is read", func() bool { return len(again.Find(traces.Latest, "", 10)) > 0 })
	check(again.Store)
}

func TestOneInSoManyIsKeptAndTheOthersOnlyWhenAskedForSoon(t *testing.T) {
	k := keep(t, t.TempDir(), 0)
	id := k.request("well", "")
	if got := k.Find(traces.Latest, "", 10); len(got) != 0 {
		t.Fatalf("got %d kept, want none", len(got))
	}
	if got := k.Of(id); len(got) != 1 || got[0].ID != id {
		t.Errorf("asked for soon: got %v, want it", got)
	}
	if got := k.Find(traces.Latest, "request of well", 10); len(got) != 1 {
		t.Errorf("what was asked for: got %d kept, want 1", len(got))
	}
	for range 1000 {
		k.request("crowd", "")
	}
	all := keep(t, t.TempDir(), 1)
	all.request("well", "")
	await(t, "each is kept", func() bool { return len(all.Find(traces.Latest, "", 10)) == 1 })
}

// steps is a store that package telemetry keeps spans and steps in.
func steps(t *testing.T) *keeping {
	t.Helper()
	k := keep(t, t.TempDir(), 0)
	shutdown, err := telemetry.Setup(t.Context(), telemetry.TraceOptions{Keeper: k})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = shutdown(context.Background()) })
	return k
}

func TestAFailedTraceHasAllItsCallsAndIsWantedFromTheOtherProcesses(t *testing.T) {
	k := steps(t)
	for _, failed := range []string{"", "Unavailable"} {
		ctx, request := telemetry.Begin(context.Background(), telemetry.Call{Name: "request", Kind: trace.SpanKindServer})
		_, well := telemetry.Begin(ctx, telemetry.Call{Name: "well", Caller: "edge", Mode: "local", Kind: trace.SpanKindInternal})
		well.End("")
		_, ill := telemetry.Begin(ctx, telemetry.Call{Name: "ill", Caller: "edge", Mode: "remote", Kind: trace.SpanKindClient})
		ill.End(failed)
		request.End("")
	}
	id := ""
	await(t, "the failed one is wanted", func() bool {
		select {
		case id = <-k.Wanted():
		default:
		}
		return id != "" && len(k.Find(traces.Latest, "", 10)) > 0
	})
	all := k.Find(traces.Latest, "", 10)
	if len(all) != 1 || all[0].ID != id || len(all[0].Spans) != 3 {
		t.Fatalf("got %+v, want the failed one, %s, with its three spans", all, id)
	}
	well, ill, request := all[0].Spans[0], all[0].Spans[1], all[0].Root()
	if well.Parent != request.ID || ill.Parent != request.ID || ill.Failed != "Unavailable" || ill.Kind != "client" || well.Attributes["caller"] != "edge" {
		t.Errorf("got %+v, want two calls of the request, of which the second failed", all[0])
	}
}

func TestWhatArrivesFromAnotherProcessIsOneTraceWithTheCallsInIt(t *testing.T) {
	k := steps(t)
	from := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1, 2, 3}, SpanID: trace.SpanID{4}, Remote: true})
	ctx, arrival := telemetry.Begin(trace.ContextWithRemoteSpanContext(context.Background(), from), telemetry.Call{Name: "arrived", Caller: "alpha", Kind: trace.SpanKindServer})
	_, call := telemetry.Begin(ctx, telemetry.Call{Name: "call", Caller: "beta", Mode: "local", Kind: trace.SpanKindInternal})
	call.End("")
	arrival.End("")
	_, late := telemetry.Begin(ctx, telemetry.Call{Name: "goes on", Caller: "beta", Mode: "local", Kind: trace.SpanKindInternal})
	late.End("")
	if got := k.Find(traces.Latest, "", 10); len(got) != 0 {
		t.Errorf("got %v kept, want none: it went well", got)
	}
	// The process where it began asks, because it failed there.
	got := k.Of(from.TraceID().String())
	if len(got) != 2 || len(got[0].Spans) != 2 || got[0].Root().Parent != from.SpanID().String() || got[0].Spans[0].Parent != got[0].Root().ID || got[1].Root().Parent != got[0].Root().ID {
		t.Errorf("got %+v, want the arrival with its call, and what went on after it", got)
	}
	select {
	case id := <-k.Wanted():
		t.Errorf("%s is wanted from others, and it did not begin here", id)
	default:
	}
}

func TestTwoProcessesOfOneNameKeepTheirTracesApart(t *testing.T) {
	dir := t.TempDir()
	for _, k := range []*keeping{keep(t, dir, 0), keep(t, dir, 0)} {
		k.request("ill", "away")
		await(t, "it is kept", func() bool { return len(k.Find(traces.Failed, "", 10)) == 1 })
	}
}

func TestSpansThatNeverEndDoNotFillTheMemory(t *testing.T) {
	k := keep(t, t.TempDir(), 0)
	for range 100_000 {
		k.tracer.Start(context.Background(), "never ends") //nolint:spancheck // that is the case
	}
	id := k.request("ill", "away")
	await(t, "what ends is kept", func() bool { return len(k.Find(traces.Failed, "", 10)) == 1 })
	if got := k.Of(id); len(got) != 1 {
		t.Errorf("got %d, want 1", len(got))
	}
}
