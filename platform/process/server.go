package process

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"
	"google.golang.org/grpc/status"

	"galleria/platform/connections"
	processv1 "galleria/platform/process/v1"
	"galleria/platform/route"
)

// listen opens the rpc port, so that a taken one is found out early. Who
// connects waits until serve.
func (p *Process) listen() error {
	listener, err := net.Listen("tcp", p.o.Listen)
	if err != nil {
		return fmt.Errorf("open the rpc port: %w", err)
	}
	limits := p.o.Connections
	limits.Name, limits.Log = "rpc", p.o.Log
	p.listener = connections.Limit(listener, limits)
	p.server = grpc.NewServer(
		grpc.Creds(p.o.Identity.Server()),
		grpc.MaxRecvMsgSize(route.MaxMessageBytes),
		grpc.MaxSendMsgSize(route.MaxMessageBytes),
		grpc.ConnectionTimeout(5*time.Second),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: route.KeepaliveTime / 2, PermitWithoutStream: true}),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: route.KeepaliveTime, Timeout: 5 * time.Second}),
		grpc.StreamInterceptor(p.endStreams),
	)
	p.checks = health.NewServer()
	for _, d := range p.ordered {
		r := p.routes[d.Name]
		r.Register(p.server, p.name, p.admission(Callers(p.o.Definitions, p.o.Outside, d.Name)))
		p.checks.SetServingStatus(string(r.Service().FullName()), healthv1.HealthCheckResponse_NOT_SERVING)
	}
	processv1.RegisterProcessServiceServer(p.server, service{process: p})
	healthv1.RegisterHealthServer(p.server, p.checks)
	reflection.Register(p.server)
	return nil
}

// serve answers on the rpc port.
func (p *Process) serve() {
	p.serverDone = make(chan error, 1)
	go func() { p.serverDone <- p.server.Serve(p.listener) }()
}

// endStreams lets streams end with the process. Calls have an end of their
// own; who watches the health of a module would watch for ever.
func (p *Process) endStreams(server any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
	ctx, cancel := context.WithCancel(stream.Context())
	defer cancel()
	defer context.AfterFunc(p.life, cancel)()
	return handle(server, endingStream{stream, ctx})
}

type endingStream struct {
	grpc.ServerStream
	ctx context.Context
}

func (s endingStream) Context() context.Context { return s.ctx }

// admission lets in the callers that declare the need, when their connection
// entitles them to the name.
func (p *Process) admission(callers []string) route.Admit {
	return func(ctx context.Context, caller, callee string) error {
		if err := p.o.Identity.CheckCaller(ctx, caller); err != nil {
			return err
		}
		if !slices.Contains(callers, caller) {
			return status.Errorf(codes.PermissionDenied, "%q does not declare that it needs %s; who does: %v", caller, callee, callers)
		}
		return nil
	}
}

// stopServing tells callers to go elsewhere and waits for the calls in flight.
func (p *Process) stopServing(ctx context.Context) error {
	switch {
	case p.server == nil:
		return nil
	case p.serverDone == nil: // the start failed before serve
		p.server.Stop()
		return p.listener.Close()
	}
	p.checks.Shutdown()
	stopped := make(chan struct{})
	go func() {
		p.server.GracefulStop()
		close(stopped)
	}()
	select {
	case <-stopped:
		if err := <-p.serverDone; err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			return fmt.Errorf("serve the rpc port: %w", err)
		}
		return nil
	case <-ctx.Done():
		// Not waited for: a handler may ignore that its call was cut off.
		go p.server.Stop()
		return fmt.Errorf("calls of other processes were cut off: %w", ctx.Err())
	}
}
