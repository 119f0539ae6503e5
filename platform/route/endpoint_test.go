package route

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	probev1 "galleria/platform/route/probe/v1"
)

func TestAHungCopyIsLeftOutWhileTheOtherServes(t *testing.T) {
	t.Parallel()
	log := slog.New(slog.DiscardHandler)
	var hung atomic.Int64
	good := &probe{hurry: func(context.Context) error { return nil }, once: func(context.Context) error { return nil }}
	bad := &probe{hurry: func(ctx context.Context) error { hung.Add(1); return hang(ctx) }, once: hang}
	patient := func() *Route { // half of the time is the second copy's: enough on a busy machine
		r := newRoute(t, log)
		r.method(probev1.ProbeService_Hurry_FullMethodName).Deadline = 2 * time.Second
		return r
	}
	copies := make([]string, 2)
	for i, server := range []*probe{good, bad} {
		behind := patient()
		behind.Point(targetIn(t, behind, ModeLocal, server, log))
		copies[i] = serveRoute(t, behind, func(context.Context, string, string) error { return nil })
	}
	r := patient()
	r.Point(remoteTo(t, r, copies...))
	client := probev1.NewProbeServiceClient(r.For("tester"))
	const calls = 300
	for i := range calls {
		if _, err := client.Hurry(t.Context(), &probev1.HurryRequest{}); err != nil {
			t.Fatalf("call %d failed though one copy is well: %v", i, err)
		}
	}
	if n := hung.Load(); n == 0 || n > calls/10 {
		t.Errorf("%d of %d calls went to the copy that hangs, want a few that try it", n, calls)
	}
}

// TestWhatChangesSomethingLeavesACopyThatHangs and not one that is busy: one that answers
// other calls meanwhile.
func TestWhatChangesSomethingLeavesACopyThatHangs(t *testing.T) {
	t.Parallel()
	for name, busy := range map[string]bool{"it hangs": false, "it is busy": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := slog.New(slog.DiscardHandler)
			repeatable := func() *Route {
				r := newRoute(t, log)
				m := r.method(probev1.ProbeService_Once_FullMethodName)
				m.Repeatable, m.Deadline = true, 4*time.Second
				return r
			}
			// Whichever copy is asked first does not answer.
			var asked atomic.Int64
			first := make(chan struct{})
			addresses := make([]string, 2)
			for i := range addresses {
				p := &probe{echo: func(context.Context, *probev1.EchoRequest) (*probev1.EchoResponse, error) {
					time.Sleep(5 * time.Millisecond) // so that both copies have some
					return &probev1.EchoResponse{}, nil
				}}
				p.once = func(ctx context.Context) error {
					if asked.Add(1) > 1 {
						return nil
					}
					close(first)
					return hang(ctx)
				}
				behind := repeatable()
				behind.Point(targetIn(t, behind, ModeLocal, p, log))
				addresses[i] = serveRoute(t, behind, func(context.Context, string, string) error { return nil })
			}
			r := repeatable()
			r.Point(remoteTo(t, r, addresses...))
			client := probev1.NewProbeServiceClient(r.For("tester"))
			done := make(chan error, 1)
			go func() {
				_, err := client.Once(t.Context(), &probev1.OnceRequest{})
				done <- err
			}()
			<-first
			var others sync.WaitGroup
			for busy && len(done) == 0 {
				for range 4 {
					others.Go(func() { client.Echo(t.Context(), &probev1.EchoRequest{}) })
				}
				others.Wait()
			}
			want := codes.OK
			if busy {
				want = codes.DeadlineExceeded
			}
			if err := <-done; status.Code(err) != want || (asked.Load() == 1) != busy {
				t.Errorf("got %v after %d were asked, want %s", err, asked.Load(), want)
			}
		})
	}
}

func TestOneSlowMethodClosesNoOther(t *testing.T) {
	server := &probe{hurry: hang, echo: func(context.Context, *probev1.EchoRequest) (*probev1.EchoResponse, error) {
		return &probev1.EchoResponse{}, nil
	}}
	inEveryMode(t, server, func(t *testing.T, s scene) {
		for range 10 {
			s.client.Hurry(t.Context(), &probev1.HurryRequest{})
		}
		if _, err := s.client.Echo(t.Context(), &probev1.EchoRequest{}); err != nil {
			t.Errorf("Echo, which works: %v", err)
		}
	})
}

func TestAModulesOwnUnavailableIsNoOutageAndNotRepeated(t *testing.T) {
	var calls atomic.Int64
	server := &probe{echo: func(context.Context, *probev1.EchoRequest) (*probev1.EchoResponse, error) {
		calls.Add(1)
		return nil, status.Error(codes.Unavailable, "the provider is away")
	}}
	inEveryMode(t, server, func(t *testing.T, s scene) {
		calls.Store(0)
		for range 30 { // more than opens the breaker, were these outages
			if _, err := s.client.Echo(t.Context(), &probev1.EchoRequest{}); status.Code(err) != codes.Unavailable {
				t.Fatalf("got %v, want Unavailable", err)
			}
		}
		if calls.Load() != 30 {
			t.Errorf("30 calls arrived %d times", calls.Load())
		}
	})
}

func TestCallersInAHurryOpenTheBreakerOfAProcessThatHangs(t *testing.T) {
	p := newPeer(t, hang)
	for range 40 { // each waits far longer than the contract promises
		ctx, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
		p.Echo(ctx, &probev1.EchoRequest{})
		cancel()
	}
	if n := p.arrived.Load(); n > 20 {
		t.Errorf("%d of 40 calls went out to a process that hangs", n)
	}
}

func TestACallNeverGoesToAnotherProcessThanTheOneThatWasMet(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	var name atomic.Value // of the process that listens at the address
	name.Store("first")
	var ran atomic.Int64
	behind := newRoute(t, log)
	behind.Point(targetIn(t, behind, ModeLocal, &probe{once: func(context.Context) error { ran.Add(1); return nil }}, log))
	address := serveNamed(t, behind, func() string { return name.Load().(string) })
	fits := atomic.Bool{}
	fits.Store(true)
	r := newRoute(t, log)
	var met atomic.Int64
	target, err := r.NewRemote(RemoteOptions{
		Addresses: []string{address}, Credentials: insecure.NewCredentials(),
		Meet: func(context.Context, *grpc.ClientConn) (Endpoint, error) {
			met.Add(1)
			if !fits.Load() {
				return Endpoint{}, errors.New("its store is another one")
			}
			return Endpoint{Process: name.Load().(string)}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { target.Close() })
	r.Point(target)
	client := probev1.NewProbeServiceClient(r.For("tester"))
	call := func() error {
		_, err := client.Once(t.Context(), &probev1.OnceRequest{})
		return err
	}
	if err := call(); err != nil || met.Load() != 1 {
		t.Fatalf("got %v after %d meetings, want the first process to answer after one", err, met.Load())
	}
	name.Store("second")
	if err := call(); err != nil || met.Load() != 2 {
		t.Errorf("got %v after %d meetings, want the second process to be met and to answer", err, met.Load())
	}
	if got := target.Endpoints()[0].Process; got != "second" {
		t.Errorf("the endpoint is said to be process %q, want second", got)
	}
	fits.Store(false)
	name.Store("third")
	before := ran.Load()
	if err := call(); status.Code(err) != codes.Unavailable || ran.Load() != before {
		t.Errorf("got %v and %d calls run, want Unavailable and none: the process does not fit", err, ran.Load()-before)
	}
	if problem := target.Endpoints()[0].Problem; problem != "its store is another one" {
		t.Errorf("the endpoint's problem is %q, want the reason of the refusal", problem)
	}
}

func TestRetriesDoNotMultiplyThroughHops(t *testing.T) {
	var arrived atomic.Int64
	log := slog.New(slog.DiscardHandler)
	behind := newRoute(t, log)
	behind.Point(targetIn(t, behind, ModeLocal, &probe{}, log))
	address := serveRoute(t, behind, func(context.Context, string, string) error {
		arrived.Add(1)
		return status.Error(codes.Unavailable, "away")
	})
	for range 2 {
		inner := newRoute(t, log)
		inner.Point(remoteTo(t, inner, address))
		address = serveRoute(t, inner, func(context.Context, string, string) error { return nil })
	}
	r := newRoute(t, log)
	r.Point(remoteTo(t, r, address))
	probev1.NewProbeServiceClient(r.For("tester")).Echo(t.Context(), &probev1.EchoRequest{})
	if n := arrived.Load(); n != 3 {
		t.Errorf("one call through two hops arrived %d times, want 3: the first and two repeats", n)
	}
}

// TestTheBudgetOfRetriesTravels: a module may repeat calls of its own as often when its
// call was passed on, whatever is behind, and less often when that was asked a second time.
func TestTheBudgetOfRetriesTravels(t *testing.T) {
	var arrived atomic.Int64
	log := slog.New(slog.DiscardHandler)
	address := serveRoute(t, newRoute(t, log), func(context.Context, string, string) error {
		arrived.Add(1)
		return status.Error(codes.Unavailable, "away")
	})
	module := &probe{echo: func(ctx context.Context, in *probev1.EchoRequest) (*probev1.EchoResponse, error) {
		need := newRoute(t, log) // anew, so that no breaker refuses
		need.Point(remoteTo(t, need, address))
		probev1.NewProbeServiceClient(need.For("probe")).Echo(ctx, in)
		return &probev1.EchoResponse{}, nil
	}}
	local := func(r *Route) *Target { return targetIn(t, r, ModeLocal, module, log) }
	remote := func(r *Route) *Target { return targetIn(t, r, ModeRemote, module, log) }
	dead := func(r *Route) *Target { return remoteTo(t, r, deadAddress(t)) }
	for name, c := range map[string]struct {
		target func(r *Route) *Target
		want   int64
	}{
		"local":                         {local, 2},
		"remote":                        {remote, 2},
		"a canary's local arm":          {func(r *Route) *Target { return r.NewCanary(local(r), dead(r), 0) }, 2},
		"a canary's remote arm":         {func(r *Route) *Target { return r.NewCanary(local(r), remote(r), 100) }, 2},
		"the local arm, asked second":   {func(r *Route) *Target { return r.NewCanary(local(r), dead(r), 100) }, 1},
		"the remote arm, asked second":  {func(r *Route) *Target { return r.NewCanary(remote(r), dead(r), 100) }, 1},
		"the remote one, through a hop": {func(r *Route) *Target { return remoteTo(t, r, passingOn(t, remote)) }, 2},
	} {
		arrived.Store(0)
		r := newRoute(t, log)
		r.Point(remoteTo(t, r, passingOn(t, c.target)))
		if _, err := probev1.NewProbeServiceClient(r.For("tester")).Echo(t.Context(), &probev1.EchoRequest{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if n := arrived.Load(); n != c.want {
			t.Errorf("%s: the module's own call arrived %d times, want %d", name, n, c.want)
		}
	}
}

// passingOn serves a process whose route leads to target.
func passingOn(t *testing.T, target func(r *Route) *Target) (address string) {
	t.Helper()
	r := newRoute(t, slog.New(slog.DiscardHandler))
	r.Point(target(r))
	return serveRoute(t, r, func(context.Context, string, string) error { return nil })
}

// Calls do not wait for the first meeting of copies with a process that does not
// answer: they go to the first one that is met.
func TestTheFirstCallToCopiesWaitsForOneThatIsMet(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	r := newRoute(t, log)
	target, err := r.NewRemote(RemoteOptions{
		Addresses:   []string{deadAddress(t), serve(t, &probe{once: func(context.Context) error { return nil }}, log)},
		Credentials: insecure.NewCredentials(),
		Meet: func(ctx context.Context, conn *grpc.ClientConn) (Endpoint, error) {
			conn.Connect()
			for state := conn.GetState(); state != connectivity.Ready; state = conn.GetState() {
				if state == connectivity.TransientFailure || !conn.WaitForStateChange(ctx, state) {
					return Endpoint{}, ErrAway
				}
			}
			return Endpoint{}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { target.Close() })
	r.Point(target)
	if _, err := probev1.NewProbeServiceClient(r.For("tester")).Once(t.Context(), &probev1.OnceRequest{}); err != nil {
		t.Errorf("got %v, want the copy that answers to be called", err)
	}
}

// A caller who leaves while a process is still met is no outage of the module: not for meters,
// and not for a canary.
func TestACallerWhoLeavesWhileAProcessIsMetIsToldThat(t *testing.T) {
	r := newRoute(t, slog.New(slog.DiscardHandler))
	ctx, leave := context.WithCancel(t.Context())
	target, err := r.NewRemote(RemoteOptions{
		Addresses: []string{"127.0.0.1:1"}, Credentials: insecure.NewCredentials(),
		Meet: func(ctx context.Context, _ *grpc.ClientConn) (Endpoint, error) {
			leave()
			<-ctx.Done()
			return Endpoint{}, ErrAway
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { target.Close() })
	r.Point(target)
	_, err = probev1.NewProbeServiceClient(r.For("tester")).Once(ctx, &probev1.OnceRequest{})
	if status.Code(err) != codes.Canceled {
		t.Errorf("got %v, want that the call was cancelled", err)
	}
}
