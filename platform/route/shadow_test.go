package route

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/platform/contract"
	probev1 "galleria/platform/route/probe/v1"
	"galleria/platform/telemetry"
)

// shadowed is a route with two arms.
func shadowed(t *testing.T, first, second *probe) (*Route, probev1.ProbeServiceClient) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	r := newRoute(t, log)
	target := r.NewShadow(targetIn(t, r, ModeLocal, first, log), remoteTo(t, r, serve(t, second, log)))
	t.Cleanup(func() { target.Close() })
	r.Point(target)
	return r, probev1.NewProbeServiceClient(r.For("tester"))
}

// compared waits until so many calls of Echo have been compared.
func compared(t *testing.T, r *Route, n int64) Comparison {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(time.Millisecond) {
		for _, c := range r.Comparisons() {
			total := int64(0)
			for _, count := range c.Counts {
				total += count
			}
			if strings.HasSuffix(c.Method, "/Echo") && total >= n {
				return c
			}
		}
	}
	t.Fatalf("fewer than %d calls were compared: %v", n, r.Comparisons())
	return Comparison{}
}

func saying(e *probev1.Everything, err error) *probe {
	return &probe{
		echo: func(context.Context, *probev1.EchoRequest) (*probev1.EchoResponse, error) {
			return &probev1.EchoResponse{Everything: e}, err
		},
		once: func(context.Context) error { return nil },
	}
}

func TestAShadowFindsWhatDiffers(t *testing.T) {
	base := func() *probev1.Everything {
		return &probev1.Everything{Text: "a", Numbers: []int64{1, 2}, Words: map[string]string{"k": "v"}, Selves: []*probev1.Everything{{Small: 1}}}
	}
	changed := func(change func(*probev1.Everything)) *probev1.Everything {
		e := base()
		change(e)
		return e
	}
	asked := contract.Error(codes.NotFound, probev1.Reason_REASON_ASKED_TO, "no")
	for name, c := range map[string]struct {
		second *probe
		kind   Kind
		path   string
	}{
		"alike":              {saying(base(), nil), Same, ""},
		"a text":             {saying(changed(func(e *probev1.Everything) { e.Text = "b" }), nil), OtherResult, "everything.text"},
		"far inside":         {saying(changed(func(e *probev1.Everything) { e.Selves[0].Small = 2 }), nil), OtherResult, "everything.selves[0].small"},
		"a list's length":    {saying(changed(func(e *probev1.Everything) { e.Numbers = e.Numbers[:1] }), nil), OtherResult, "everything.numbers"},
		"a map's value":      {saying(changed(func(e *probev1.Everything) { e.Words["k"] = "w" }), nil), OtherResult, "everything.words[k]"},
		"absent":             {saying(changed(func(e *probev1.Everything) { e.Selves = nil }), nil), OtherResult, "everything.selves"},
		"one marked so":      {saying(changed(func(e *probev1.Everything) { e.Stamp = "now" }), nil), Same, ""},
		"an error":           {saying(nil, status.Error(codes.NotFound, "no")), OtherStatus, "status"},
		"an error's reason":  {saying(nil, asked), OtherStatus, "status"},
		"a module's outage":  {saying(nil, contract.Error(codes.Unavailable, probev1.Reason_REASON_ASKED_TO, "no")), OtherStatus, "status"},
		"a process's outage": {saying(nil, status.Error(codes.Unavailable, "no")), SecondAway, "status"},
	} {
		t.Run(name, func(t *testing.T) {
			r, client := shadowed(t, saying(base(), nil), c.second)
			got, err := client.Echo(telemetry.WithRequestID(t.Context(), "r-1"), &probev1.EchoRequest{})
			if err != nil || got.GetEverything().GetText() != "a" {
				t.Fatalf("got %v and %v, want the first arm's answer", got, err)
			}
			found := compared(t, r, 1)
			if found.Counts[c.kind] != 1 {
				t.Fatalf("got %v, want one that is %s", found.Counts, c.kind)
			}
			if c.kind == Same {
				return
			}
			if s := found.Samples; len(s) != 1 || s[0].Request != "r-1" || len(s[0].Differences) == 0 || s[0].Differences[0].Path != c.path {
				t.Errorf("got samples %+v, want one of request r-1 that names %s", s, c.path)
			}
		})
	}
}

// TestEqualDifferencesAreKeptOnce: a page that asks the same twice would fill the samples.
func TestEqualDifferencesAreKeptOnce(t *testing.T) {
	asked := int64(0)
	r, client := shadowed(t, saying(&probev1.Everything{Text: "a"}, nil), &probe{
		echo: func(_ context.Context, in *probev1.EchoRequest) (*probev1.EchoResponse, error) {
			return &probev1.EchoResponse{Everything: &probev1.Everything{Text: in.GetEverything().GetText()}}, nil
		},
	})
	ask := func(text string, times int64) Comparison {
		for range times {
			asked++
			if _, err := client.Echo(t.Context(), &probev1.EchoRequest{Everything: &probev1.Everything{Text: text}}); err != nil {
				t.Fatal(err)
			}
			compared(t, r, asked) // one after the other: none is skipped
		}
		return compared(t, r, asked)
	}
	ask("b", 7)
	found := ask("c", 2)
	if s := found.Samples; len(s) != 2 || s[0].Times != 7 || s[1].Times != 2 {
		t.Errorf("got %+v, want two samples, of 7 and 2", s)
	}
	for i := range 2 * shadowSamples {
		found = ask(strings.Repeat("d", i+1), 1)
	}
	if len(found.Samples) != shadowSamples {
		t.Errorf("%d different ones are kept, want %d", len(found.Samples), shadowSamples)
	}
}

func TestAShadowSaysNoSecret(t *testing.T) {
	r, client := shadowed(t, saying(&probev1.Everything{Secret: "4242"}, nil), saying(&probev1.Everything{Secret: "4343"}, nil))
	client.Echo(t.Context(), &probev1.EchoRequest{})
	found := compared(t, r, 1)
	d := found.Samples[0].Differences[0]
	if d.Path != "everything.secret" || strings.Contains(d.First+d.Second, "42") || strings.Contains(d.First+d.Second, "43") {
		t.Errorf("got %+v, want the path and no value", d)
	}
}

func TestOnlyReadsAreShadowed(t *testing.T) {
	var second atomic.Int64
	count := &probe{
		echo: func(ctx context.Context, _ *probev1.EchoRequest) (*probev1.EchoResponse, error) {
			if !telemetry.IsShadow(ctx) {
				t.Error("the shadow call is not marked")
			}
			return &probev1.EchoResponse{}, nil
		},
		once: func(context.Context) error { second.Add(1); return nil },
	}
	r, client := shadowed(t, saying(nil, nil), count)
	for range 5 {
		if _, err := client.Once(t.Context(), &probev1.OnceRequest{}); err != nil {
			t.Fatal(err)
		}
	}
	client.Echo(t.Context(), &probev1.EchoRequest{})
	compared(t, r, 1)
	if second.Load() != 0 {
		t.Errorf("%d calls with side effects went to the second arm", second.Load())
	}
}

// A shadow call changes nothing, in whatever process it arrives, and is not
// split again.
func TestAShadowCallChangesNothingThroughAllHops(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	var split, changes atomic.Int64
	inner := newRoute(t, log) // a module behind the second arm, itself shadowed
	inner.Point(inner.NewShadow(
		targetIn(t, inner, ModeLocal, &probe{
			echo: func(context.Context, *probev1.EchoRequest) (*probev1.EchoResponse, error) {
				return &probev1.EchoResponse{}, nil
			},
			once: func(context.Context) error { changes.Add(1); return nil },
		}, log),
		targetIn(t, inner, ModeLocal, &probe{echo: func(context.Context, *probev1.EchoRequest) (*probev1.EchoResponse, error) {
			split.Add(1)
			return &probev1.EchoResponse{}, nil
		}}, log)))
	hop := through(t, inner)
	next := probev1.NewProbeServiceClient(hop.For("second"))
	refused := make(chan error, 1)
	second := &probe{echo: func(ctx context.Context, in *probev1.EchoRequest) (*probev1.EchoResponse, error) {
		_, err := next.Once(ctx, &probev1.OnceRequest{})
		refused <- err
		return next.Echo(ctx, in)
	}}
	r, client := shadowed(t, saying(nil, nil), second)
	client.Echo(t.Context(), &probev1.EchoRequest{})
	if found := compared(t, r, 1); found.Counts[Same] != 1 {
		t.Errorf("got %v, want the same answer", found.Counts)
	}
	if err := <-refused; status.Code(err) != codes.FailedPrecondition || changes.Load() != 0 {
		t.Errorf("a change on behalf of a shadow call: got %v and %d changes, want it refused", err, changes.Load())
	}
	if split.Load() != 0 {
		t.Error("a shadow call was split again")
	}
	if n := hop.Stats()[0].Calls; n != 0 {
		t.Errorf("%d shadow calls are counted among those of callers", n)
	}
}

func TestASlowShadowCostsTheCallerNothingAndIsBounded(t *testing.T) {
	var inside, most atomic.Int64
	leave := make(chan struct{})
	slow := &probe{echo: func(context.Context, *probev1.EchoRequest) (*probev1.EchoResponse, error) {
		n := inside.Add(1)
		defer inside.Add(-1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		<-leave
		return &probev1.EchoResponse{}, nil
	}}
	r, client := shadowed(t, saying(nil, nil), slow)
	for range 100 { // they end though none of the second arm's calls does
		if _, err := client.Echo(t.Context(), &probev1.EchoRequest{}); err != nil {
			t.Fatal(err)
		}
	}
	close(leave)
	found := compared(t, r, 100)
	if most.Load() > shadowCalls || found.Counts[SecondSkipped] != 100-shadowCalls {
		t.Errorf("%d calls were in the shadow at once and %d skipped, want %d and %d", most.Load(), found.Counts[SecondSkipped], shadowCalls, 100-shadowCalls)
	}
}
