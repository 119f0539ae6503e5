package process

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"

	"galleria/platform/connections"
	"galleria/platform/lifecycle"
	processv1 "galleria/platform/process/v1"
	"galleria/platform/route"
)

// In percent of a connection's age. gRPC tells a client to make a new connection
// after 90 to 110; streams of the old one end after streamAge, and what is left is
// cut graceAge after the client was told, but not before leastGrace, which no call
// lives to see.
const (
	streamAge  = 115
	graceAge   = 30
	leastGrace = time.Minute
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
	p.server = grpc.NewServer(append(route.ServerOptions(),
		grpc.Creds(doorkeeper{p.o.Identity.Server(), p}),
		grpc.ConnectionTimeout(5*time.Second),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: route.KeepaliveTime / 2, PermitWithoutStream: true}),
		grpc.KeepaliveParams(keepalive.ServerParameters{
			Time: route.KeepaliveTime, Timeout: 5 * time.Second,
			MaxConnectionAge: p.o.ConnectionAge, MaxConnectionAgeGrace: max(p.o.ConnectionAge*graceAge/100, leastGrace),
		}),
		grpc.UnaryInterceptor(p.enterCall),
		grpc.StreamInterceptor(p.enterStream),
		grpc.UnknownServiceHandler(func(any, grpc.ServerStream) error { return errors.ErrUnsupported }), // not reached: enterStream refuses
	)...)
	p.checks = health.NewServer()
	for _, d := range p.ordered {
		r := p.routes[d.Name]
		server, err := p.watching(r)
		if err != nil {
			return err
		}
		r.Register(server, p.name, p.admission(Callers(p.o.Definitions, p.o.Outside, d.Name)))
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
	p.tasks.Go(func() {
		p.o.Identity.Watch(p.life, func(id string, why error) {
			if _, ok := p.refusals.shouldLog("cut", id, why.Error()); ok { // it has a connection for each module
				p.o.Log.Warn("cut the connections with a process that is not trusted any more", "process", id, "because", why)
			}
		})
	})
}

// endStream lets a stream end with the process, and with the time of its
// connection. Calls have an end of their own; who watches the health of a module
// would watch for ever.
func (p *Process) endStream(server any, stream grpc.ServerStream, handle grpc.StreamHandler) error {
	ctx, cancel := context.WithCancel(stream.Context())
	defer cancel()
	defer context.AfterFunc(p.life, cancel)()
	since := time.Now()
	if from, _ := p.o.Identity.PeerOf(ctx); !from.Since.IsZero() {
		since = from.Since
	}
	// When the client has been told to make a new connection, and before the old
	// one is cut: a new stream then begins on the new one.
	aged := time.AfterFunc(time.Until(since.Add(p.o.ConnectionAge*streamAge/100)), cancel)
	defer aged.Stop()
	return handle(server, endingStream{stream, ctx})
}

type endingStream struct {
	grpc.ServerStream
	ctx context.Context
}

func (s endingStream) Context() context.Context { return s.ctx }

// lastWords is how long no call has to be in this process until the connections are cut
// that others have not closed by themselves: it is time enough for the last answers to go
// out. gRPC would wait for five seconds for a process that hangs, whether or not that asked
// for something, and meanwhile the broker could not be had by the next process.
const lastWords = time.Second

// awaitQuiet waits until no call has been in this process for a while.
func (p *Process) awaitQuiet(ctx context.Context) {
	const look = 20 * time.Millisecond
	for since := time.Now(); time.Since(since) < lastWords; {
		if p.guests.Load() > 0 || slices.ContainsFunc(p.Routes(), func(r *route.Route) bool { return r.Arrived() > 0 }) {
			since = time.Now()
		}
		if lifecycle.Pause(ctx, look) != nil {
			return
		}
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
	quiet, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		if p.awaitQuiet(quiet); quiet.Err() == nil {
			p.server.Stop() // ends GracefulStop as well
		}
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
