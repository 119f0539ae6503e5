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

	processv1 "galleria/platform/process/v1"
	"galleria/platform/route"
)

// listen opens the rpc port and serves every contract on it.
func (p *Process) listen() error {
	listener, err := net.Listen("tcp", p.o.Listen)
	if err != nil {
		return fmt.Errorf("open the rpc port: %w", err)
	}
	p.listener = listener
	p.server = grpc.NewServer(
		grpc.Creds(p.o.Identity.Server()),
		grpc.MaxRecvMsgSize(route.MaxMessageBytes),
		grpc.MaxSendMsgSize(route.MaxMessageBytes),
		grpc.ConnectionTimeout(5*time.Second),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: route.KeepaliveTime / 2, PermitWithoutStream: true}),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: route.KeepaliveTime, Timeout: 5 * time.Second}),
	)
	for _, d := range p.ordered {
		p.routes[d.Name].Register(p.server, p.admission(Callers(p.o.Definitions, p.o.Outside, d.Name)))
	}
	processv1.RegisterProcessServiceServer(p.server, service{process: p})
	p.checks = health.NewServer()
	healthv1.RegisterHealthServer(p.server, p.checks)
	reflection.Register(p.server)
	p.serverDone = make(chan error, 1)
	go func() { p.serverDone <- p.server.Serve(listener) }()
	return nil
}

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

// watchHealth keeps the health service true: a module is served when calls to
// it have somewhere to go that is well.
func (p *Process) watchHealth() {
	for p.life.Err() == nil {
		for _, d := range p.ordered {
			r := p.routes[d.Name]
			state := healthv1.HealthCheckResponse_SERVING
			if healthOf(r) != nil {
				state = healthv1.HealthCheckResponse_NOT_SERVING
			}
			p.checks.SetServingStatus(string(r.Service().FullName()), state)
		}
		_, changed := p.places()
		timer := time.NewTimer(time.Second)
		select {
		case <-timer.C:
		case <-changed:
		case <-p.life.Done():
		}
		timer.Stop()
	}
}

func healthOf(r *route.Route) error {
	target := r.Target()
	if target == nil {
		return errors.New("not reached yet")
	}
	return target.Healthy()
}

// stopServing tells callers to go elsewhere and waits for the calls in flight.
func (p *Process) stopServing(ctx context.Context) error {
	if p.server == nil {
		return nil
	}
	p.checks.Shutdown()
	// Graceful means until all streams have ended, and tunnels and directories
	// have no end of their own: they end with p.life.
	stopped := make(chan struct{})
	go func() {
		p.server.GracefulStop()
		close(stopped)
	}()
	var err error
	select {
	case <-stopped:
	case <-ctx.Done():
		p.server.Stop()
		<-stopped
		err = fmt.Errorf("calls of other processes were cut off: %w", ctx.Err())
	}
	if served := <-p.serverDone; served != nil && !errors.Is(served, grpc.ErrServerStopped) {
		err = errors.Join(err, served)
	}
	return err
}
