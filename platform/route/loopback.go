package route

import (
	"context"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"
)

// NewLoopback makes a target that calls server through a real gRPC client and
// server in memory: all of a remote call but the network. For tests.
func (r *Route) NewLoopback(server any, o LocalOptions) (*Target, error) {
	behind, err := New(r.module, r.desc, r.log)
	if err != nil {
		return nil, err
	}
	behind.Believe(r.methods[0].identities)
	here, err := behind.NewLocal(server, o)
	if err != nil {
		return nil, err
	}
	behind.Point(here)

	listener := bufconn.Listen(1 << 20)
	grpcServer := grpc.NewServer(ServerOptions()...)
	behind.Register(grpcServer, "", func(context.Context, string, string) error { return nil })
	served := make(chan struct{})
	go func() {
		defer close(served)
		grpcServer.Serve(listener) // ends by Stop only
	}()

	target, err := r.NewRemote(RemoteOptions{
		Addresses:   []string{"127.0.0.1:0"}, // a number, so that DNS is not asked; the dialer ignores it
		Credentials: insecure.NewCredentials(),
		Dial: []grpc.DialOption{
			grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }),
			// In memory there is no name to resolve and no health service.
			grpc.WithDefaultServiceConfig("{}"),
		},
	})
	if err != nil {
		grpcServer.Stop()
		return nil, err
	}
	target.place = Place{Mode: ModeLoopback}
	target.carrier = &loopback{remote: target.carrier.(*remote), server: grpcServer, served: served}
	return target, nil
}

type loopback struct {
	*remote
	server *grpc.Server
	served chan struct{}
}

func (l *loopback) close() error {
	err := l.remote.close()
	l.server.Stop()
	<-l.served
	return err
}
