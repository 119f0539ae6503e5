package route

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"galleria/platform/contract"
	probev1 "galleria/platform/route/probe/v1"
)

func TestARouteIsRePointedUnderLoadWithoutAFailedCall(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	// Each place refuses calls after it was closed: a call that arrives there
	// late is seen.
	place := func() (*probe, *atomic.Bool) {
		closed := &atomic.Bool{}
		return &probe{echo: func(context.Context, *probev1.EchoRequest) (*probev1.EchoResponse, error) {
			if closed.Load() {
				return nil, status.Error(codes.FailedPrecondition, "called after it was stopped")
			}
			return &probev1.EchoResponse{}, nil
		}}, closed
	}
	r := newRoute(t, log)
	first, firstClosed := place()
	r.Point(targetIn(t, r, ModeLocal, first, log))

	ctx, stop := context.WithCancel(context.Background())
	var callers sync.WaitGroup
	var calls atomic.Int64
	for range 4 {
		callers.Go(func() {
			client := probev1.NewProbeServiceClient(r.For("tester"))
			for ctx.Err() == nil {
				if _, err := client.Echo(context.Background(), &probev1.EchoRequest{}); err != nil {
					t.Errorf("call %d failed: %v", calls.Load(), err)
					return
				}
				calls.Add(1)
			}
		})
	}
	closed := firstClosed
	for i := range 30 {
		next, nextClosed := place()
		mode := []Mode{ModeRemote, ModeLoopback, ModeLocal}[i%3]
		before := calls.Load()
		old := r.Point(targetIn(t, r, mode, next, log))
		if err := old.Drain(t.Context()); err != nil {
			t.Errorf("drain: %v", err)
		}
		closed.Store(true)
		old.Close()
		closed = nextClosed
		for calls.Load() < before+20 && !t.Failed() { // the new place is used
		}
	}
	stop()
	callers.Wait()
}

func TestACallInFlightFinishesWhereItBegan(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	entered, leave := make(chan struct{}), make(chan struct{})
	old := &probe{echo: func(context.Context, *probev1.EchoRequest) (*probev1.EchoResponse, error) {
		close(entered)
		<-leave
		return &probev1.EchoResponse{Everything: &probev1.Everything{Text: "old"}}, nil
	}}
	r := newRoute(t, log)
	r.Point(targetIn(t, r, ModeLocal, old, log))
	client := probev1.NewProbeServiceClient(r.For("tester"))
	answer := make(chan string, 1)
	go func() {
		got, _ := client.Echo(context.Background(), &probev1.EchoRequest{})
		answer <- got.GetEverything().GetText()
	}()
	<-entered
	previous := r.Point(targetIn(t, r, ModeLocal, &probe{}, log))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := previous.Drain(ended); err == nil {
		t.Error("drained while a call was in it")
	}
	close(leave)
	if err := previous.Drain(t.Context()); err != nil {
		t.Errorf("drain: %v", err)
	}
	if got := <-answer; got != "old" {
		t.Errorf("the call was answered by %q, want the old place", got)
	}
}

func TestOnlyRepeatableMethodsAreRetried(t *testing.T) {
	p := newPeer(t, away)
	then := func(context.Context) error { return nil }
	failOnce := func(context.Context) error {
		p.do.Store(&then)
		return status.Error(codes.Unavailable, "just now not")
	}
	p.do.Store(&failOnce)
	if _, err := p.Hurry(t.Context(), &probev1.HurryRequest{}); err != nil || p.arrived.Load() != 2 {
		t.Errorf("repeatable method: got error %v after %d calls, want success after 2", err, p.arrived.Load())
	}
	p.arrived.Store(0)
	p.do.Store(&failOnce)
	if _, err := p.Once(t.Context(), &probev1.OnceRequest{}); err == nil || p.arrived.Load() != 1 {
		t.Errorf("method that may not be repeated: got error %v after %d calls, want a failure after 1", err, p.arrived.Load())
	}
}

func TestAnAnswerWithAReasonIsNotRetried(t *testing.T) {
	var calls atomic.Int64
	server := &probe{echo: func(context.Context, *probev1.EchoRequest) (*probev1.EchoResponse, error) {
		calls.Add(1)
		return nil, contract.Error(codes.Unavailable, probev1.Reason_REASON_ASKED_TO, "the module's own provider is away")
	}}
	log := slog.New(slog.DiscardHandler)
	r := newRoute(t, log)
	r.Point(targetIn(t, r, ModeRemote, server, log))
	client := probev1.NewProbeServiceClient(r.For("tester"))
	for range 30 { // more than opens the breaker, were these outages
		if _, err := client.Echo(t.Context(), &probev1.EchoRequest{}); !contract.Is(err, probev1.Reason_REASON_ASKED_TO) {
			t.Fatalf("got %v, want the module's reason", err)
		}
	}
	if calls.Load() != 30 {
		t.Errorf("30 calls arrived %d times", calls.Load())
	}
}

func TestTheBreakerAnswersForAModuleThatDoesNot(t *testing.T) {
	p := newPeer(t, away)
	for range 50 {
		if _, err := p.Once(t.Context(), &probev1.OnceRequest{}); status.Code(err) != codes.Unavailable {
			t.Fatalf("got %v, want Unavailable", err)
		}
	}
	if n := p.arrived.Load(); n >= 50 {
		t.Errorf("all %d calls went out to a module that is away", n)
	}
	if p.target.Healthy() == nil {
		t.Error("a target whose breaker is open says it is healthy")
	}
}

func TestCallsArePassedOnButNotInACircle(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	behind := &probe{echo: func(ctx context.Context, _ *probev1.EchoRequest) (*probev1.EchoResponse, error) {
		return &probev1.EchoResponse{Everything: &probev1.Everything{Text: Caller(ctx)}}, nil
	}}
	inner := newRoute(t, log)
	inner.Point(targetIn(t, inner, ModeRemote, behind, log))
	client := probev1.NewProbeServiceClient(through(t, inner).For("tester"))
	got, err := client.Echo(t.Context(), &probev1.EchoRequest{})
	if err != nil || got.GetEverything().GetText() != "tester" {
		t.Errorf("passed on: got caller %q and error %v, want the first caller", got.GetEverything().GetText(), err)
	}

	circle := newRoute(t, log)
	outer := through(t, circle)
	circle.Point(outer.Target())
	client = probev1.NewProbeServiceClient(outer.For("tester"))
	if _, err := client.Echo(t.Context(), &probev1.EchoRequest{}); status.Code(err) != codes.Unavailable {
		t.Errorf("in a circle: got %v, want Unavailable", err)
	}
}

func TestMetadataIsPassedOnBothWays(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	behind := &probe{echo: func(ctx context.Context, in *probev1.EchoRequest) (*probev1.EchoResponse, error) {
		md, _ := metadata.FromIncomingContext(ctx)
		err := errors.Join(
			grpc.SetHeader(ctx, metadata.Join(metadata.Pairs("h-bin", "\x00\xff"), md)),
			grpc.SetTrailer(ctx, metadata.Pairs("t", "2", "t", "3")),
		)
		if in.GetEverything().GetYes() {
			err = errors.Join(err, contract.Error(codes.NotFound, probev1.Reason_REASON_ASKED_TO, "no"))
		}
		return &probev1.EchoResponse{}, err
	}}
	inner := newRoute(t, log)
	inner.Point(targetIn(t, inner, ModeRemote, behind, log))
	client := probev1.NewProbeServiceClient(through(t, inner).For("tester"))
	for _, fails := range []bool{false, true} {
		var header, trailer metadata.MD
		ctx := metadata.AppendToOutgoingContext(t.Context(), "color", "blue", "color-bin", "\x01")
		_, err := client.Echo(ctx, &probev1.EchoRequest{Everything: &probev1.Everything{Yes: fails}}, grpc.Header(&header), grpc.Trailer(&trailer))
		if got := contract.Is(err, probev1.Reason_REASON_ASKED_TO); got != fails {
			t.Fatalf("got %v", err)
		}
		got := metadata.Join(header, trailer)
		for key, want := range map[string][]string{"h-bin": {"\x00\xff"}, "t": {"2", "3"}, "color": {"blue"}, "color-bin": {"\x01"}} {
			if !slices.Equal(got.Get(key), want) {
				t.Errorf("fails %v: got %s %q, want %q", fails, key, got.Get(key), want)
			}
		}
		if types := got.Get("content-type"); len(types) > 1 {
			t.Errorf("gRPC's own headers were passed on, too: %q", types)
		}
	}
}

// through is a route to a process that serves inner.
func through(t *testing.T, inner *Route) *Route {
	t.Helper()
	address := serveRoute(t, inner, func(context.Context, string, string) error { return nil })
	outer := newRoute(t, slog.New(slog.DiscardHandler))
	target, err := outer.NewRemote(RemoteOptions{Addresses: []string{address}, Credentials: insecure.NewCredentials(),
		Dial: []grpc.DialOption{grpc.WithDefaultServiceConfig("{}")}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { target.Close() })
	outer.Point(target)
	return outer
}

func TestSeveralAddressesShareTheCalls(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	var counts [2]atomic.Int64
	var addresses []string
	for i := range counts {
		server := &probe{echo: func(context.Context, *probev1.EchoRequest) (*probev1.EchoResponse, error) {
			counts[i].Add(1)
			return &probev1.EchoResponse{}, nil
		}}
		addresses = append(addresses, serve(t, server, log))
	}
	r := newRoute(t, log)
	target, err := r.NewRemote(RemoteOptions{Addresses: addresses, Credentials: insecure.NewCredentials()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { target.Close() })
	r.Point(target)
	client := probev1.NewProbeServiceClient(r.For("tester"))
	for i := 0; counts[0].Load() == 0 || counts[1].Load() == 0; i++ {
		if _, err := client.Echo(t.Context(), &probev1.EchoRequest{}); err != nil {
			t.Fatal(err)
		}
		if i == 10000 {
			t.Fatalf("got %d and %d calls, want both to have some", counts[0].Load(), counts[1].Load())
		}
	}
}

func TestAContractIsRefusedWhatItCannotKeep(t *testing.T) {
	r := newRoute(t, slog.New(slog.DiscardHandler))
	if _, err := r.NewLocal(struct{}{}, LocalOptions{}); err == nil {
		t.Error("a server that does not implement the contract was taken")
	}
	client := probev1.NewProbeServiceClient(r.For("tester"))
	if _, err := client.Echo(t.Context(), &probev1.EchoRequest{}); status.Code(err) != codes.Unavailable {
		t.Errorf("a route that points nowhere: got %v, want Unavailable", err)
	}
}
