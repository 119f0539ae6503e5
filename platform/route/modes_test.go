package route

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"galleria/platform/contract"
	"galleria/platform/protocopy/protocopytest"
	probev1 "galleria/platform/route/probe/v1"
	"galleria/platform/telemetry"
)

func TestRequestAndResponseAreNotShared(t *testing.T) {
	kept := make(chan *probev1.EchoRequest, 1)
	cached := &probev1.EchoResponse{Everything: &probev1.Everything{Text: "cached", Blob: []byte("cached"), Texts: []string{"cached"}}}
	server := &probe{echo: func(_ context.Context, in *probev1.EchoRequest) (*probev1.EchoResponse, error) {
		kept <- in
		in.Everything.Text = "changed by the module"
		return cached, nil
	}}
	inEveryMode(t, server, func(t *testing.T, s scene) {
		request := &probev1.EchoRequest{Everything: &probev1.Everything{Text: "mine", Blob: []byte("mine"), Texts: []string{"mine"}}}
		got, err := s.client.Echo(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		if request.Everything.Text != "mine" {
			t.Errorf("the module changed its caller's request: text is %q", request.Everything.Text)
		}
		request.Everything.Blob[0], request.Everything.Texts[0] = 'X', "X"
		if in := <-kept; string(in.Everything.Blob) != "mine" || in.Everything.Texts[0] != "mine" {
			t.Errorf("the caller changed the module's request: %v", in)
		}
		got.Everything.Blob[0], got.Everything.Texts[0] = 'X', "X"
		if string(cached.Everything.Blob) != "cached" || cached.Everything.Texts[0] != "cached" {
			t.Errorf("the caller changed the module's response: %v", cached)
		}
	})
}

func TestNothingAsAResponseIsAnEmptyMessage(t *testing.T) {
	server := &probe{echo: func(context.Context, *probev1.EchoRequest) (*probev1.EchoResponse, error) { return nil, nil }}
	inEveryMode(t, server, func(t *testing.T, s scene) {
		got, err := s.client.Echo(t.Context(), &probev1.EchoRequest{})
		if err != nil || protocopytest.Difference(got, &probev1.EchoResponse{}) != "" {
			t.Errorf("got %v and error %v, want an empty message", got, err)
		}
	})
}

var errSecret = errors.New("password is hunter2")

func TestErrorsAreTheSameInEveryMode(t *testing.T) {
	reasoned := contract.WithMetadata(contract.Error(codes.NotFound, probev1.Reason_REASON_ASKED_TO, "no such %s", "thing"), map[string]string{"thing": "7"})
	cases := map[string]struct {
		err     error
		code    codes.Code
		message string
		reason  bool
		logged  bool
	}{
		"a reason of the contract": {reasoned, codes.NotFound, "no such thing", true, false},
		"a wrapped reason":         {fmt.Errorf("secret detour: %w", reasoned), codes.NotFound, "no such thing", true, false},
		"a plain status":           {status.Error(codes.Aborted, "again"), codes.Aborted, "again", false, false},
		"an unknown error":         {errSecret, codes.Internal, "platform.route.probe.v1.ProbeService/Echo failed; the log of its process says why", false, true},
		"a deadline of its own":    {fmt.Errorf("query: %w", context.DeadlineExceeded), codes.DeadlineExceeded, "context deadline exceeded", false, false},
		"a cancellation inside":    {fmt.Errorf("query: %w", context.Canceled), codes.Canceled, "context canceled", false, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			server := &probe{echo: func(context.Context, *probev1.EchoRequest) (*probev1.EchoResponse, error) { return nil, c.err }}
			inEveryMode(t, server, func(t *testing.T, s scene) {
				_, err := s.client.Echo(t.Context(), &probev1.EchoRequest{})
				if status.Code(err) != c.code || status.Convert(err).Message() != c.message {
					t.Errorf("got %v, want code %v and message %q", err, c.code, c.message)
				}
				if got := contract.Is(err, probev1.Reason_REASON_ASKED_TO); got != c.reason {
					t.Errorf("carries the reason: got %v, want %v", got, c.reason)
				}
				if c.reason && contract.Metadata(err, "thing") != "7" {
					t.Errorf("metadata of %v lost", err)
				}
				// Not errors.Is: equal statuses count as the same there.
				if err == c.err || errors.Is(err, errSecret) {
					t.Error("the module's own error value crossed to its caller")
				}
				if n := strings.Count(s.logged(), "hunter2"); n != map[bool]int{true: 1}[c.logged] {
					t.Errorf("logged %d times: %s", n, s.logged())
				}
			})
		})
	}
}

func TestAPanicIsAnInternalErrorLoggedOnce(t *testing.T) {
	server := &probe{echo: func(context.Context, *probev1.EchoRequest) (*probev1.EchoResponse, error) { panic("hunter2") }}
	inEveryMode(t, server, func(t *testing.T, s scene) {
		for range 2 {
			_, err := s.client.Echo(t.Context(), &probev1.EchoRequest{})
			if status.Code(err) != codes.Internal || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("got %v, want a redacted Internal", err)
			}
		}
		if n := strings.Count(s.logged(), "panic: hunter2"); n != 2 {
			t.Errorf("two panics were logged %d times", n)
		}
	})
}

type foreignKey struct{}

func TestOnlyWhatANetworkCarriesIsInTheContext(t *testing.T) {
	seen := make(chan context.Context, 1)
	server := &probe{echo: func(ctx context.Context, _ *probev1.EchoRequest) (*probev1.EchoResponse, error) {
		if Caller(ctx) != "tester" {
			return nil, fmt.Errorf("caller is %q", Caller(ctx))
		}
		if id := telemetry.RequestID(ctx); id != "request-1" {
			return nil, fmt.Errorf("request id is %q", id)
		}
		if ctx.Value(foreignKey{}) != nil || telemetry.Module(ctx) != "" {
			return nil, errors.New("a context value of the caller came along")
		}
		if _, ok := metadata.FromOutgoingContext(ctx); ok {
			return nil, errors.New("the caller's outgoing metadata is still outgoing")
		}
		md, _ := metadata.FromIncomingContext(ctx)
		if got := md.Get("color"); len(got) != 1 || got[0] != "blue" || len(md) != 1 {
			return nil, fmt.Errorf("metadata is %v", md)
		}
		if _, ok := ctx.Deadline(); !ok {
			return nil, errors.New("no deadline")
		}
		seen <- ctx
		return &probev1.EchoResponse{}, nil
	}}
	inEveryMode(t, server, func(t *testing.T, s scene) {
		ctx := context.WithValue(t.Context(), foreignKey{}, "secret")
		ctx = telemetry.WithModule(telemetry.WithRequestID(ctx, "request-1"), "tester")
		ctx = metadata.NewIncomingContext(ctx, metadata.Pairs("theirs", "1"))
		ctx = metadata.AppendToOutgoingContext(ctx, "Color", "blue", "grpc-encoding", "identity", "te", "trailers", "user-agent", "me")
		if _, err := s.client.Echo(ctx, &probev1.EchoRequest{}); err != nil {
			t.Fatalf("%v\n%s", err, s.logged())
		}
		inside := <-seen
		select {
		case <-inside.Done():
		case <-time.After(10 * time.Second):
			t.Error("the context lives on after the call has returned")
		}
	})
}

func TestThePromisedDeadlineEndsACall(t *testing.T) {
	server := &probe{hurry: func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	}}
	inEveryMode(t, server, func(t *testing.T, s scene) {
		_, err := s.client.Hurry(t.Context(), &probev1.HurryRequest{})
		if status.Code(err) != codes.DeadlineExceeded {
			t.Errorf("got %v, want DeadlineExceeded", err)
		}
	})
}

func TestTheCauseOfACallsEndStaysTheSame(t *testing.T) {
	type seen struct {
		ctx context.Context
		err error
	}
	kept := make(chan seen, 100) // copies are asked one after the other
	server := &probe{hurry: func(ctx context.Context) error {
		<-ctx.Done()
		kept <- seen{ctx, ctx.Err()}
		return nil
	}}
	inEveryMode(t, server, func(t *testing.T, s scene) {
		s.client.Hurry(t.Context(), &probev1.HurryRequest{})
		first := <-kept
		for range 100 { // over the network the call may end here before it does there
			if got := first.ctx.Err(); got != first.err {
				t.Fatalf("got %v, want %v as when the context ended", got, first.err)
			}
			time.Sleep(time.Millisecond)
		}
	})
}

func TestADeadlineNobodyAskedAboutIsTheCauseAfterwardsToo(t *testing.T) {
	kept := make(chan context.Context, 1)
	server := &probe{hurry: func(ctx context.Context) error {
		<-ctx.Done()
		kept <- ctx
		return nil
	}}
	log := slog.New(slog.DiscardHandler)
	r := newRoute(t, log)
	r.Point(targetIn(t, r, ModeLocal, server, log))
	probev1.NewProbeServiceClient(r.For("tester")).Hurry(t.Context(), &probev1.HurryRequest{})
	if got := (<-kept).Err(); got != context.DeadlineExceeded {
		t.Errorf("got %v, want DeadlineExceeded, by which Done was closed", got)
	}
}

func TestAnAnswerAfterTheDeadlineIsTooLate(t *testing.T) {
	server := &probe{hurry: func(ctx context.Context) error {
		<-ctx.Done()
		return nil // as if nothing had happened
	}}
	inEveryMode(t, server, func(t *testing.T, s scene) {
		_, err := s.client.Hurry(t.Context(), &probev1.HurryRequest{})
		if status.Code(err) != codes.DeadlineExceeded {
			t.Errorf("got %v, want DeadlineExceeded", err)
		}
	})
}

func TestTheCallersCancellationReachesTheModule(t *testing.T) {
	entered := make(chan struct{}, 1)
	server := &probe{echo: func(ctx context.Context, _ *probev1.EchoRequest) (*probev1.EchoResponse, error) {
		entered <- struct{}{}
		derived, cancel := context.WithTimeout(ctx, time.Hour)
		defer cancel()
		<-derived.Done()
		return nil, derived.Err()
	}}
	inEveryMode(t, server, func(t *testing.T, s scene) {
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			<-entered
			cancel()
		}()
		_, err := s.client.Echo(ctx, &probev1.EchoRequest{})
		if status.Code(err) != codes.Canceled {
			t.Errorf("got %v, want Canceled", err)
		}
	})
}

func TestACallWithACancelledContextNeverArrives(t *testing.T) {
	server := &probe{echo: func(context.Context, *probev1.EchoRequest) (*probev1.EchoResponse, error) {
		t.Error("the call arrived")
		return nil, nil
	}}
	inEveryMode(t, server, func(t *testing.T, s scene) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := s.client.Echo(ctx, &probev1.EchoRequest{}); status.Code(err) != codes.Canceled {
			t.Errorf("got %v, want Canceled", err)
		}
	})
}

func TestEveryModeCountsCallsAndErrors(t *testing.T) {
	server := &probe{
		echo: func(_ context.Context, in *probev1.EchoRequest) (*probev1.EchoResponse, error) {
			if in.Everything != nil {
				return nil, errSecret
			}
			return nil, status.Error(codes.NotFound, "an answer, not an error of the system")
		},
	}
	inEveryMode(t, server, func(t *testing.T, s scene) {
		s.client.Echo(t.Context(), &probev1.EchoRequest{})
		s.client.Echo(t.Context(), &probev1.EchoRequest{Everything: &probev1.Everything{}})
		got := s.route.Stats()[0]
		if got.Calls != 2 || got.Errors != 1 || got.P99 <= 0 || got.PromisedP99 != time.Millisecond {
			t.Errorf("got %+v, want 2 calls, 1 error, a p99, and the promise of 1ms", got)
		}
	})
}
