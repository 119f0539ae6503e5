package route

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	probev1 "galleria/platform/route/probe/v1"
)

// probe is a module that does what a test says.
type probe struct {
	probev1.UnimplementedProbeServiceServer
	echo  func(ctx context.Context, in *probev1.EchoRequest) (*probev1.EchoResponse, error)
	hurry func(ctx context.Context) error
	once  func(ctx context.Context) error
}

func (p *probe) Echo(ctx context.Context, in *probev1.EchoRequest) (*probev1.EchoResponse, error) {
	return p.echo(ctx, in)
}

func (p *probe) Hurry(ctx context.Context, _ *probev1.HurryRequest) (*probev1.HurryResponse, error) {
	return &probev1.HurryResponse{}, p.hurry(ctx)
}

func (p *probe) Once(ctx context.Context, _ *probev1.OnceRequest) (*probev1.OnceResponse, error) {
	return &probev1.OnceResponse{}, p.once(ctx)
}

// scene is one mode to test in.
type scene struct {
	client probev1.ProbeServiceClient
	route  *Route
	log    *bytes.Buffer
	mu     *sync.Mutex
}

func (s scene) logged() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

// ways are all that a route may be pointed to, as far as its callers go: one
// process or several, one arm or two, and a call that was held.
var ways = []Mode{ModeLocal, ModeLoopback, ModeRemote, "copies", ModeShadow, "shadow of remote", ModeCanary, "canary of remote", ModeHeld}

// inEveryMode runs the same test over each way to serve a route. What differs
// between them is a bug.
func inEveryMode(t *testing.T, server *probe, test func(t *testing.T, s scene)) {
	t.Helper()
	for _, mode := range ways {
		t.Run(string(mode), func(t *testing.T) {
			s := scene{log: &bytes.Buffer{}, mu: &sync.Mutex{}}
			log := slog.New(slog.NewTextHandler(locked{s.mu, s.log}, nil))
			s.route = newRoute(t, log)
			target := targetIn(t, s.route, mode, server, log)
			s.route.Point(target)
			if mode == ModeHeld { // released by the first call that waits
				next := targetIn(t, s.route, ModeLocal, server, log)
				go func() {
					for target.carrier.(*held).waiting.Load() == 0 && t.Context().Err() == nil {
						time.Sleep(time.Millisecond)
					}
					s.route.Point(next)
				}()
			}
			s.client = probev1.NewProbeServiceClient(s.route.For("tester"))
			test(t, s)
		})
	}
}

type locked struct {
	mu *sync.Mutex
	to *bytes.Buffer
}

func (l locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.to.Write(p)
}

func newRoute(t testing.TB, log *slog.Logger) *Route {
	t.Helper()
	r, err := New("probe", &probev1.ProbeService_ServiceDesc, log)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func targetIn(t testing.TB, r *Route, mode Mode, server *probe, log *slog.Logger) *Target {
	t.Helper()
	var target *Target
	var err error
	switch mode {
	case ModeLocal:
		target, err = r.NewLocal(server, LocalOptions{})
	case ModeLoopback:
		target, err = r.NewLoopback(server, LocalOptions{})
	case ModeRemote:
		return remoteTo(t, r, serve(t, server, log))
	case "copies":
		return remoteTo(t, r, serve(t, server, log), serve(t, server, log), serve(t, server, log))
	case ModeShadow, "shadow of remote":
		// The second arm is dead: tests count what the module does, and no caller
		// may notice.
		return r.NewShadow(armIn(t, r, mode, server, log), remoteTo(t, r, deadAddress(t)))
	case ModeCanary, "canary of remote":
		return r.NewCanary(armIn(t, r, mode, server, log), remoteTo(t, r, serve(t, server, log)), 50)
	case ModeHeld:
		return r.NewHeld(HeldOptions{Within: time.Minute})
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { target.Close() })
	return target
}

// armIn is the first arm of a shadow or canary: local, or remote.
func armIn(t testing.TB, r *Route, mode Mode, server *probe, log *slog.Logger) *Target {
	if strings.HasSuffix(string(mode), "of remote") {
		return targetIn(t, r, ModeRemote, server, log)
	}
	return targetIn(t, r, ModeLocal, server, log)
}

// deadAddress is one that nothing listens at.
func deadAddress(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// remoteTo makes a target of other processes.
func remoteTo(t testing.TB, r *Route, addresses ...string) *Target {
	t.Helper()
	target, err := r.NewRemote(RemoteOptions{Addresses: addresses, Credentials: insecure.NewCredentials()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { target.Close() })
	return target
}

// serve serves a probe on a port of its own, as another process would.
func serve(t testing.TB, server *probe, log *slog.Logger) (address string) {
	t.Helper()
	behind := newRoute(t, log)
	target, err := behind.NewLocal(server, LocalOptions{})
	if err != nil {
		t.Fatal(err)
	}
	behind.Point(target)
	return serveRoute(t, behind, func(context.Context, string, string) error { return nil })
}

func serveRoute(t testing.TB, behind *Route, admit Admit) (address string) {
	t.Helper()
	return serveOn(t, func(s *grpc.Server) { behind.Register(s, "", admit) })
}

// serveNamed serves as a process whose name may change: as one that is replaced.
func serveNamed(t testing.TB, behind *Route, name func() string) (address string) {
	t.Helper()
	return serveOn(t, func(s *grpc.Server) {
		behind.register(s, name, func(context.Context, string, string) error { return nil })
	})
}

func serveOn(t testing.TB, register func(*grpc.Server)) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer(ServerOptions()...)
	register(s)
	checks := health.NewServer()
	checks.SetServingStatus("platform.route.probe.v1.ProbeService", healthv1.HealthCheckResponse_SERVING)
	healthv1.RegisterHealthServer(s, checks)
	go s.Serve(listener)
	t.Cleanup(s.Stop)
	return listener.Addr().String()
}
