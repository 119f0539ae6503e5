package route

import (
	"context"
	"fmt"
	"io"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"
)

// KeepaliveTime is how long a connection may be silent before the other side
// is asked whether it still lives; servers must allow it.
const KeepaliveTime = 20 * time.Second

// Dial opens a connection to another process of the system with the settings
// all of them share. A host name is looked up for each attempt to connect. Calls
// that fail because the process is not reached have errors that say why as values,
// for errors.As and for Why.
func Dial(address string, creds credentials.TransportCredentials, options ...grpc.DialOption) (*grpc.ClientConn, error) {
	if _, _, err := net.SplitHostPort(address); err != nil {
		return nil, fmt.Errorf("the address of a process is host:port: %w", err)
	}
	r := &reach{}
	options = append([]grpc.DialOption{
		grpc.WithTransportCredentials(watchedCredentials{creds, r}),
		grpc.WithContextDialer(r.dial),
		grpc.WithChainUnaryInterceptor(r.call),
		grpc.WithChainStreamInterceptor(r.stream),
		// A process that comes back is found again within a second.
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: time.Second},
			MinConnectTimeout: 3 * time.Second,
		}),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: KeepaliveTime, Timeout: 5 * time.Second}),
		grpc.WithMaxHeaderListSize(maxHeaderBytes),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(MaxMessageBytes), grpc.MaxCallSendMsgSize(MaxMessageBytes)),
	}, options...)
	// The name is looked up by the dialer, whose errors have types.
	return grpc.NewClient("passthrough:///"+address, options...)
}

// unreached is the error of a call to a process that is not reached: gRPC's status,
// and what the last attempt to connect met.
type unreached struct {
	status *status.Status
	cause  error
}

func (u *unreached) Error() string              { return u.status.Err().Error() }
func (u *unreached) GRPCStatus() *status.Status { return u.status }
func (u *unreached) Unwrap() error              { return u.cause }

// explain adds the cause to the error of a call, if there is one.
func (r *reach) explain(err error) error {
	switch status.Code(err) {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled: // the last two: of the wait for it
		if cause := r.cause(); cause != nil {
			return &unreached{status.Convert(err), cause}
		}
	}
	return err
}

func (r *reach) call(ctx context.Context, method string, request, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	return r.explain(invoke(ctx, method, request, reply, conn, options...))
}

func (r *reach) stream(ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string, open grpc.Streamer, options ...grpc.CallOption) (grpc.ClientStream, error) {
	s, err := open(ctx, desc, conn, method, options...)
	if err != nil {
		return nil, r.explain(err)
	}
	return explainedStream{s, r}, nil
}

type explainedStream struct {
	grpc.ClientStream
	reach *reach
}

func (s explainedStream) RecvMsg(into any) error {
	err := s.ClientStream.RecvMsg(into)
	if err == nil || err == io.EOF {
		return err
	}
	return s.reach.explain(err)
}
