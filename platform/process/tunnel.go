package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	processv1 "galleria/platform/process/v1"
	"galleria/platform/route"
)

// tunnelBuffer is how many bytes one message of a tunnel carries at most.
const tunnelBuffer = 32 << 10

// peer is the process this one learns from, and reaches the broker through.
type peer struct {
	conn *grpc.ClientConn
	// life ends the tunnels when the peer is closed, which is after the
	// process has stopped what publishes and hears events through them.
	life context.Context
	end  context.CancelFunc

	mu      sync.Mutex
	closed  bool
	copying sync.WaitGroup // the goroutines of tunnels
}

func newPeer(conn *grpc.ClientConn) *peer {
	p := &peer{conn: conn}
	p.life, p.end = context.WithCancel(context.Background())
	return p
}

// Dial opens a connection to the peer's event broker through a tunnel; the
// NATS client calls it, again after each loss.
func (p *peer) Dial(_, _ string) (net.Conn, error) { return p.tunnel(0) }

func (p *peer) tunnel(hops int) (net.Conn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, errors.New("tunnel to the event broker: the process is stopping")
	}
	ctx, cancel := context.WithCancel(p.life)
	stream, err := processv1.NewProcessServiceClient(p.conn).Tunnel(route.WithHops(ctx, hops))
	if err != nil {
		cancel()
		return nil, fmt.Errorf("tunnel to the event broker: %w", err)
	}
	near, far := net.Pipe()
	// Whoever ends first ends the other: the near end by being closed, which
	// ends the stream's context; the stream by closing the far end.
	p.copying.Go(func() {
		defer cancel()
		buffer := make([]byte, tunnelBuffer)
		for {
			n, err := far.Read(buffer)
			if n > 0 && stream.Send(&processv1.TunnelRequest{Data: buffer[:n]}) != nil {
				return
			}
			if err != nil {
				return
			}
		}
	})
	p.copying.Go(func() {
		defer far.Close()
		for {
			in, err := stream.Recv()
			if err != nil {
				return
			}
			if _, err := far.Write(in.GetData()); err != nil {
				return
			}
		}
	})
	return near, nil
}

func (p *peer) close() error {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.end()
	err := p.conn.Close()
	p.copying.Wait()
	return err
}

// Tunnel connects another process to the broker here, or to where this
// process reaches the broker itself.
func (s service) Tunnel(stream processv1.ProcessService_TunnelServer) error {
	pipe, err := s.process.pipe(stream.Context())
	if err != nil {
		return err
	}
	// Whoever ends first ends the other: the stream by closing the pipe, the
	// pipe by returning, which ends the stream's context. The process ends
	// both.
	defer pipe.Close()
	defer context.AfterFunc(s.process.life, func() { pipe.Close() })()
	go func() {
		defer pipe.Close()
		for {
			in, err := stream.Recv()
			if err != nil {
				return
			}
			if _, err := pipe.Write(in.GetData()); err != nil {
				return
			}
		}
	}()
	buffer := make([]byte, tunnelBuffer)
	for {
		n, err := pipe.Read(buffer)
		if n > 0 {
			if err := stream.Send(&processv1.TunnelResponse{Data: buffer[:n]}); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrClosedPipe):
			return nil
		case err != nil:
			return status.Error(codes.Unavailable, err.Error())
		}
	}
}

func (p *Process) pipe(ctx context.Context) (net.Conn, error) {
	var pipe net.Conn
	var err error
	switch hops := route.Hops(ctx); {
	case p.broker != nil:
		pipe, err = p.broker.Pipe()
	case p.peer == nil || p.events == nil || p.brokerURL != "":
		return nil, status.Error(codes.FailedPrecondition, "no event broker is reached through this process")
	case hops >= route.MaxHops:
		return nil, errCircle
	default:
		pipe, err = p.peer.tunnel(hops + 1)
	}
	if err != nil {
		return nil, status.Error(codes.Unavailable, err.Error())
	}
	return pipe, nil
}
