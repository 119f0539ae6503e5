package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	processv1 "galleria/platform/process/v1"
	"galleria/platform/route"
)

const (
	// joinTimeout bounds how long a start waits for its peer.
	joinTimeout = 10 * time.Second
	// followEvery is the pause before the peer is asked again.
	followEvery = 500 * time.Millisecond
)

// join connects to the peer and asks where everything is.
func (p *Process) join(ctx context.Context, address string) (*peer, *processv1.DirectoryResponse, error) {
	conn, err := route.Dial(address, p.o.Identity.Client())
	if err != nil {
		return nil, nil, fmt.Errorf("peer %s: %w", address, err)
	}
	ctx, cancel := context.WithTimeout(ctx, joinTimeout)
	defer cancel()
	learned, err := askDirectory(ctx, conn)
	if status.Code(err) == codes.Unavailable && ctx.Err() == nil {
		// The two may have been started together. Whoever looks on must not
		// take the wait for a start that hangs.
		p.o.Log.Warn("waiting for the peer", "peer", address, "at_most", joinTimeout, "because", route.Why(err))
		learned, err = askDirectory(ctx, conn, grpc.WaitForReady(true))
	}
	if err != nil {
		conn.Close()
		return nil, nil, fmt.Errorf("peer %s can't be reached: %s", address, route.Why(err))
	}
	return newPeer(conn), learned, nil
}

// askDirectory asks once where everything is.
func askDirectory(ctx context.Context, conn *grpc.ClientConn, options ...grpc.CallOption) (*processv1.DirectoryResponse, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := processv1.NewProcessServiceClient(conn).Directory(ctx, &processv1.DirectoryRequest{}, options...)
	if err != nil {
		return nil, err
	}
	return stream.Recv()
}

// wanted is where each module belongs at the start.
func (p *Process) wanted(named map[string]route.Place, learned *processv1.DirectoryResponse) map[string]route.Place {
	wanted := map[string]route.Place{}
	for _, d := range p.ordered {
		wanted[d.Name] = route.Local()
		if p.peer != nil {
			wanted[d.Name] = route.Remote(p.o.Peer)
		}
	}
	maps.Copy(wanted, p.learn(learned))
	maps.Copy(wanted, named)
	return wanted
}

// learn is what the peer knows of the places of modules. One it does not name
// is not placed there yet.
func (p *Process) learn(said *processv1.DirectoryResponse) map[string]route.Place {
	learned := map[string]route.Place{}
	for _, place := range said.GetPlaces() {
		if p.routes[place.GetModule()] == nil {
			continue // a newer process may have more modules
		}
		addresses := place.GetAddresses()
		if len(addresses) == 0 {
			addresses = []string{p.o.Peer}
		}
		learned[place.GetModule()] = route.Remote(addresses...)
	}
	return learned
}

// follow moves modules when the peer says that they moved, except those whose
// place was ordered here.
func (p *Process) follow() {
	said := ""
	for p.life.Err() == nil {
		err := p.followOnce(func() { said = "" })
		if p.life.Err() != nil {
			return
		}
		if err != nil && said != err.Error() {
			said = err.Error()
			p.o.Log.Warn("can't follow the peer; trying again", "peer", p.o.Peer, "error", said)
		}
		pause(p.life, followEvery)
	}
}

// followOnce follows until the peer goes away or a move fails. What could not
// be followed is tried again: the next stream begins with the whole directory.
func (p *Process) followOnce(followed func()) error {
	ctx, cancel := context.WithCancel(p.life)
	defer cancel()
	stream, err := processv1.NewProcessServiceClient(p.peer.conn).Directory(ctx, &processv1.DirectoryRequest{}, grpc.WaitForReady(true))
	if err != nil {
		return err
	}
	for {
		said, err := stream.Recv()
		if errors.Is(err, io.EOF) { // the connection is old; the next one is new
			return nil
		}
		if err != nil {
			return fmt.Errorf("directory: %s", route.Why(err))
		}
		if err := p.apply(ctx, p.learn(said), peers); err != nil {
			return err
		}
		followed()
	}
}
