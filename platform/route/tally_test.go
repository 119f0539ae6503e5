package route

import (
	"context"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/platform/contract"
	probev1 "galleria/platform/route/probe/v1"
)

func TestEachCallerIsMeasuredByItself(t *testing.T) {
	fails := false
	server := &probe{echo: func(context.Context, *probev1.EchoRequest) (*probev1.EchoResponse, error) {
		if fails {
			return nil, status.Error(codes.NotFound, "no such echo")
		}
		return &probev1.EchoResponse{}, nil
	}}
	inEveryMode(t, server, func(t *testing.T, s scene) {
		fails = false
		one := probev1.NewProbeServiceClient(s.route.For("one"))
		again := probev1.NewProbeServiceClient(s.route.For("one")) // the same caller, started anew
		for _, client := range []probev1.ProbeServiceClient{one, again} {
			if _, err := client.Echo(t.Context(), &probev1.EchoRequest{}); err != nil {
				t.Fatal(err)
			}
		}
		fails = true
		two := probev1.NewProbeServiceClient(s.route.ForCalls("two", []string{probev1.ProbeService_Echo_FullMethodName}))
		two.Echo(t.Context(), &probev1.EchoRequest{})
		two.Once(t.Context(), &probev1.OnceRequest{}) // is not declared

		lines := s.route.Lines()
		if len(lines) != 3 {
			t.Fatalf("got %+v, want Echo by one, Echo by two, and Once that two does not declare", lines)
		}
		if l := lines[0]; l.Caller != "one" || l.Method != probev1.ProbeService_Echo_FullMethodName || l.Calls != 2 || len(l.Reasons) != 0 {
			t.Errorf("got %+v, want two calls without errors", l)
		}
		if l := lines[1]; l.Caller != "two" || l.Calls != 1 || l.Errors != 0 || l.Reasons["NotFound"] != 1 {
			t.Errorf("got %+v, want one answer NotFound, which is no error of the system", l)
		}
		if l := lines[2]; l.Caller != "two" || l.Method != probev1.ProbeService_Once_FullMethodName || l.Calls != 0 || l.Undeclared != 1 {
			t.Errorf("got %+v, want one call that was refused as undeclared", l)
		}
		var inBuckets int64
		for _, b := range lines[0].Buckets {
			inBuckets += b.Calls
		}
		if inBuckets != 2 {
			t.Errorf("got %d calls in buckets %v, want 2", inBuckets, lines[0].Buckets)
		}
	})
}

// TestARefusalByTheModuleIsNoFault: a wrong password is an answer, what a door refuses
// for the platform's own reasons is not.
func TestARefusalByTheModuleIsNoFault(t *testing.T) {
	for name, c := range map[string]struct {
		refusal error
		errors  int64
	}{
		"by the module": {contract.Error(codes.Unauthenticated, probev1.Reason_REASON_ASKED_TO, "the password is wrong"), 0},
		"at a door":     {status.Error(codes.PermissionDenied, "the certificate speaks for others"), 1},
	} {
		t.Run(name, func(t *testing.T) {
			server := &probe{echo: func(context.Context, *probev1.EchoRequest) (*probev1.EchoResponse, error) { return nil, c.refusal }}
			inEveryMode(t, server, func(t *testing.T, s scene) {
				probev1.NewProbeServiceClient(s.route.For("one")).Echo(t.Context(), &probev1.EchoRequest{})
				if l := s.route.Lines()[0]; l.Calls != 1 || l.Errors != c.errors {
					t.Errorf("got %+v, want %d errors of the system", l, c.errors)
				}
			})
		})
	}
}

func TestReasonsOfErrorsAreBounded(t *testing.T) {
	m := &callerMeter{}
	for i := range 2 * maxReasons {
		m.observe(0, status.Error(codes.Code(100+i), "odd"))
	}
	line := m.line()
	if len(line.Reasons) > maxReasons+1 || line.Reasons[otherReason] != maxReasons {
		t.Errorf("got %d reasons, %d of them %s; want at most %d and the rest together", len(line.Reasons), line.Reasons[otherReason], otherReason, maxReasons)
	}
}
