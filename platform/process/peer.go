package process

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/status"

	processv1 "galleria/platform/process/v1"
	"galleria/platform/route"
)

// joinTimeout bounds how long a start waits for its peer.
const joinTimeout = 10 * time.Second

// peer is the process this one learns from.
type peer struct {
	conn *grpc.ClientConn
	life context.Context
	// copying waits for the goroutines of tunnels.
	copying sync.WaitGroup
}

// join connects to the peer and asks where everything is.
func (p *Process) join(ctx context.Context, address string) (*peer, *processv1.DirectoryResponse, error) {
	conn, err := route.Dial(address, p.o.Identity.Client())
	if err != nil {
		return nil, nil, fmt.Errorf("peer %s: %w", address, err)
	}
	joined := &peer{conn: conn, life: p.life}
	ctx, cancel := context.WithTimeout(ctx, joinTimeout)
	defer cancel()
	stream, err := processv1.NewProcessServiceClient(conn).Directory(ctx, &processv1.DirectoryRequest{}, grpc.WaitForReady(true))
	if err == nil {
		var learned *processv1.DirectoryResponse
		if learned, err = stream.Recv(); err == nil {
			return joined, learned, nil
		}
	}
	conn.Close()
	return nil, nil, fmt.Errorf("peer %s: %s", address, status.Convert(err).Message())
}

// follow moves the modules this process does not run when the peer says that
// they moved. own are the placements the peer has no say in.
func (p *Process) follow(own map[string]Placement) {
	client := processv1.NewProcessServiceClient(p.peer.conn)
	for p.life.Err() == nil {
		if err := p.followOnce(client, own); err != nil && p.life.Err() == nil {
			p.o.Log.Debug("directory of the peer ended, asked again", "error", err)
			wait(p.life, time.Second)
		}
	}
}

func (p *Process) followOnce(client processv1.ProcessServiceClient, own map[string]Placement) error {
	ctx, cancel := context.WithCancel(p.life)
	defer cancel()
	stream, err := client.Directory(ctx, &processv1.DirectoryRequest{}, grpc.WaitForReady(true))
	if err != nil {
		return err
	}
	for {
		learned, err := stream.Recv()
		if err != nil {
			return err
		}
		// What could not be followed is asked for again: the end of this
		// stream is the beginning of the next one.
		if err := p.Apply(ctx, p.complete(own, learned)); err != nil {
			p.o.Log.Warn("could not follow the peer", "error", err)
			return err
		}
	}
}

// Dial opens a connection to the peer's event broker through a tunnel; the
// NATS client calls it, again after each loss.
func (p *peer) Dial(_, _ string) (net.Conn, error) {
	ctx, cancel := context.WithCancel(p.life)
	stream, err := processv1.NewProcessServiceClient(p.conn).Tunnel(ctx)
	if err != nil {
		cancel()
		return nil, fmt.Errorf("tunnel to the event broker: %w", err)
	}
	near, far := net.Pipe()
	p.copying.Go(func() {
		defer cancel()
		buffer := make([]byte, 32<<10)
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
	err := p.conn.Close()
	p.copying.Wait()
	return err
}
