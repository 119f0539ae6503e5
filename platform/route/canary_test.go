package route

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	probev1 "galleria/platform/route/probe/v1"
	"galleria/platform/telemetry"
)

func split(t *testing.T, weight int, stable, trial *probe) (*Target, probev1.ProbeServiceClient) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	r := newRoute(t, log)
	target := r.NewCanary(targetIn(t, r, ModeLocal, stable, log), targetIn(t, r, ModeLocal, trial, log), weight)
	r.Point(target)
	return target, probev1.NewProbeServiceClient(r.For("tester"))
}

func named(name string) *probe {
	return &probe{
		echo: func(context.Context, *probev1.EchoRequest) (*probev1.EchoResponse, error) {
			return &probev1.EchoResponse{Everything: &probev1.Everything{Text: name}}, nil
		},
		once: func(context.Context) error { return nil },
	}
}

func TestACanaryGetsItsShareAndKeepsKeysTogether(t *testing.T) {
	target, client := split(t, 10, named("stable"), named("trial"))
	arm := func(key string) string {
		got, err := client.Echo(t.Context(), &probev1.EchoRequest{Key: key})
		if err != nil {
			t.Fatal(err)
		}
		return got.GetEverything().GetText()
	}
	const keys = 1000
	seen := map[string]string{}
	trials := 0
	for i := range keys {
		key := fmt.Sprint("key-", i)
		if seen[key] = arm(key); seen[key] == "trial" {
			trials++
		}
		if again := arm(key); again != seen[key] {
			t.Fatalf("%s went to %s and then to %s", key, seen[key], again)
		}
	}
	if trials < keys*6/100 || trials > keys*14/100 {
		t.Errorf("%d of %d keys went to the canary, want 10 %%", trials, keys)
	}
	if err := target.Weigh(50); err != nil {
		t.Fatal(err)
	}
	for key, before := range seen {
		if before == "trial" && arm(key) != "trial" {
			t.Fatalf("%s left the canary though its share grew", key)
		}
	}
	if got := target.Place().Weight; got != 50 {
		t.Errorf("the place says %d %%, want 50", got)
	}
	for weight, want := range map[int]string{0: "stable", 100: "trial"} {
		target.Weigh(weight)
		for i := range 200 {
			if got := arm(fmt.Sprint(i)); got != want {
				t.Fatalf("at %d %% a call went to %s", weight, got)
			}
		}
	}
}

func TestACanaryCountsWhatItsArmsDo(t *testing.T) {
	fails := named("trial")
	fails.once = func(context.Context) error { return status.Error(codes.Internal, "broken") }
	target, client := split(t, 50, named("stable"), fails)
	for range 200 {
		client.Once(t.Context(), &probev1.OnceRequest{})
	}
	stable, trial := target.Arms()
	s, tr := stable[2], trial[2] // Once
	if s.Calls+tr.Calls != 200 || s.Failed != 0 || tr.Failed != tr.Calls || tr.Calls < 60 {
		t.Errorf("got %+v and %+v, want half of 200 calls in each, and those of the canary failed", s, tr)
	}
	if verdict, why := Judge(stable, trial); verdict != GoBack {
		t.Errorf("got %v, %q, want it to go back", verdict, why)
	}
	target.Weigh(50)
	if _, trial := target.Arms(); trial[2].Calls != 0 {
		t.Error("a new step began with the calls of the one before")
	}
}

// TestAShadowsCallsSayNothingOfACanary: they have no callers, and may be many.
func TestAShadowsCallsSayNothingOfACanary(t *testing.T) {
	target, client := split(t, 50, named("stable"), named("trial"))
	for range 20 {
		client.Echo(telemetry.WithShadow(t.Context()), &probev1.EchoRequest{})
	}
	stable, trial := target.Arms()
	if got := stable[0].Calls + trial[0].Calls; got != 0 {
		t.Errorf("%d calls of a shadow are counted", got)
	}
}

// TestAnArmThatGetsAllCallsIsJudgedByItsFailures also when the other one answers for it:
// that one does well with the few calls it is asked then, whatever becomes of the others.
func TestAnArmThatGetsAllCallsIsJudgedByItsFailures(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	behind := newRoute(t, log)
	behind.Point(targetIn(t, behind, ModeLocal, named("trial"), log))
	var arrived atomic.Int64
	address := serveRoute(t, behind, func(context.Context, string, string) error {
		if arrived.Add(1)%25 == 0 {
			return status.Error(codes.Unavailable, "not just now")
		}
		return nil
	})
	r := newRoute(t, log)
	target := r.NewCanary(targetIn(t, r, ModeLocal, named("stable"), log), remoteTo(t, r, address), 100)
	r.Point(target)
	client := probev1.NewProbeServiceClient(r.For("tester"))
	for range 500 {
		if _, err := client.Echo(t.Context(), &probev1.EchoRequest{}); err != nil {
			t.Fatal(err)
		}
	}
	stable, trial := target.Arms()
	if stable[0].Calls != 0 || trial[0].Calls != 500 || trial[0].Failed != 20 {
		t.Errorf("got %+v and %+v, want 500 calls in the canary and 20 of them failed", stable[0], trial[0])
	}
	for i := range trial { // what counts here is failures, not how busy this machine is
		trial[i].Promised = 0
	}
	if verdict, why := Judge(stable, trial); verdict != GoBack {
		t.Errorf("got %v, %q, want it to go back", verdict, why)
	}
}

// TestACallCountsAtTheWeightItWasSharedBy while the weight changes under the calls.
func TestACallCountsAtTheWeightItWasSharedBy(t *testing.T) {
	target, client := split(t, 0, named("stable"), named("trial"))
	var calling sync.WaitGroup
	defer calling.Wait()
	ctx, end := context.WithCancel(t.Context())
	defer end()
	for range 2 {
		calling.Go(func() {
			for ctx.Err() == nil {
				client.Once(ctx, &probev1.OnceRequest{})
			}
		})
	}
	for i := range 200 {
		weight := i % 2 * 100
		target.Weigh(weight)
		for counted := false; !counted; { // the first calls are those that the change met
			stable, trial := target.Arms()
			counted = stable[2].Calls+trial[2].Calls > 0
			if weight == 100 && stable[2].Calls > 0 || weight == 0 && trial[2].Calls > 0 {
				t.Fatalf("at %d %%: got %d calls of the first arm and %d of the second, want all in one", weight, stable[2].Calls, trial[2].Calls)
			}
		}
	}
}

// TestWhatACanaryDoesNotAnswerTheOtherArmDoes: as with copies, a caller hears
// nothing of a process that is gone, or that hangs, if its call may be repeated.
func TestWhatACanaryDoesNotAnswerTheOtherArmDoes(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	hangs := named("trial")
	hangs.echo = func(ctx context.Context, _ *probev1.EchoRequest) (*probev1.EchoResponse, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	unavailable := named("trial")
	unavailable.echo = func(context.Context, *probev1.EchoRequest) (*probev1.EchoResponse, error) {
		return nil, status.Error(codes.Unavailable, "my own need is away")
	}
	for name, c := range map[string]struct {
		address    string
		echo, once codes.Code // Echo may be repeated, Once must not be
	}{
		"gone":             {deadAddress(t), codes.OK, codes.Unavailable},
		"hangs":            {serve(t, hangs, log), codes.OK, codes.OK},
		"says unavailable": {serve(t, unavailable, log), codes.Unavailable, codes.OK},
	} {
		for _, from := range []string{"here", "another process"} {
			t.Run(name+", called from "+from, func(t *testing.T) {
				t.Parallel()
				r := newRoute(t, log)
				target := r.NewCanary(targetIn(t, r, ModeLocal, named("stable"), log), remoteTo(t, r, c.address), 100)
				r.Point(target)
				if from == "another process" { // it knows nothing of the arms
					address := serveRoute(t, r, func(context.Context, string, string) error { return nil })
					r = newRoute(t, log)
					r.Point(remoteTo(t, r, address))
				}
				client := probev1.NewProbeServiceClient(r.For("tester"))
				if _, err := client.Echo(t.Context(), &probev1.EchoRequest{Key: "k"}); status.Code(err) != c.echo {
					t.Errorf("a call that may be repeated: got %v, want %s", err, c.echo)
				}
				if _, err := client.Once(t.Context(), &probev1.OnceRequest{}); status.Code(err) != c.once {
					t.Errorf("a call that may not be repeated: got %v, want %s", err, c.once)
				}
				if _, trial := target.Arms(); trial[0].Failed != 1 {
					t.Errorf("%d calls of Echo failed in the canary, want 1", trial[0].Failed)
				}
			})
		}
	}
}

// TestACanarysLocalArmHasACallsWholeTime: the other arm is not asked after it. One in another
// process leaves half of it to the first arm.
func TestACanarysLocalArmHasACallsWholeTime(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	ends := make(chan time.Time, 1)
	trial := named("trial")
	trial.echo = func(ctx context.Context, _ *probev1.EchoRequest) (*probev1.EchoResponse, error) {
		end, _ := ctx.Deadline()
		ends <- end
		return &probev1.EchoResponse{}, nil
	}
	for where, whole := range map[string]bool{"here": true, "in another process": false} {
		t.Run(where, func(t *testing.T) {
			r := newRoute(t, log)
			arm := targetIn(t, r, ModeLocal, trial, log)
			if !whole {
				arm = remoteTo(t, r, serve(t, trial, log))
			}
			r.Point(r.NewCanary(targetIn(t, r, ModeLocal, named("stable"), log), arm, 100))
			deadline := time.Now().Add(4 * time.Second) // below the method's own
			ctx, cancel := context.WithDeadline(t.Context(), deadline)
			defer cancel()
			if _, err := probev1.NewProbeServiceClient(r.For("tester")).Echo(ctx, &probev1.EchoRequest{Key: "k"}); err != nil {
				t.Fatal(err)
			}
			if kept := deadline.Sub(<-ends); (kept < 500*time.Millisecond) != whole {
				t.Errorf("%s are kept from it", kept)
			}
		})
	}
}
