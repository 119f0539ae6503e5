package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/platform/certs"
	"galleria/platform/lifecycle"
	processv1 "galleria/platform/process/v1"
	"galleria/platform/route"
)

const (
	// joinTimeout bounds how long a start waits for its peer.
	joinTimeout = 30 * time.Second
	// followEvery is the pause before the peer is asked again.
	followEvery = 500 * time.Millisecond
)

// joined is a stream on which this process says who it is and learns of the others.
type joined struct {
	stream processv1.ProcessService_JoinClient
	source *source
	// told is the answer that was not looked at yet.
	told *processv1.JoinResponse
	end  context.CancelFunc
}

// join connects to the peer, says who this process is and asks where everything is.
func (p *Process) join(ctx context.Context, address string) (*peer, *joined, error) {
	conn, err := route.Dial(address, p.o.Identity.Client())
	if err != nil {
		return nil, nil, fmt.Errorf("peer %s: %w", address, err)
	}
	ctx, cancel := context.WithTimeout(ctx, joinTimeout)
	defer cancel()
	answered := p.sayWhenLate("waiting for the peer's first answer", "peer", address, "at_most", joinTimeout)
	j, err := p.attend(ctx, conn)
	answered()
	if status.Code(err) == codes.Unavailable && ctx.Err() == nil {
		// The two may have been started together. Who looks on must not take the
		// wait for a start that hangs.
		p.o.Log.Warn("waiting for the peer", "peer", address, "at_most", joinTimeout, "because", route.Why(err))
		j, err = p.attend(ctx, conn, grpc.WaitForReady(true))
	}
	if err != nil {
		conn.Close()
		return nil, nil, fmt.Errorf("peer %s can't be joined: %s", address, whyNotJoined(err))
	}
	return newPeer(conn), j, nil
}

// whyNotJoined says what to do when the releases do not understand each other.
func whyNotJoined(err error) string {
	if status.Code(err) == codes.Unimplemented {
		return route.Why(err) + "; it is of an earlier release, whose processes this one can't join: start it anew with this release first"
	}
	return route.Why(err)
}

// attend opens a stream to the peer, which lasts until it is ended or the process
// stops; ctx bounds the wait for the first answer.
func (p *Process) attend(ctx context.Context, conn *grpc.ClientConn, options ...grpc.CallOption) (*joined, error) {
	life, end := context.WithCancel(p.life)
	unhook := context.AfterFunc(ctx, end)
	j, err := p.attendOnce(life, conn, options...)
	if !unhook() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		end()
		return nil, err
	}
	j.end = func() {
		end()
		p.registry.leave(j.source)
	}
	p.tasks.Go(func() { p.introduce(j.stream) })
	return j, nil
}

func (p *Process) attendOnce(life context.Context, conn *grpc.ClientConn, options ...grpc.CallOption) (*joined, error) {
	stream, err := processv1.NewProcessServiceClient(conn).Join(life, options...)
	if err != nil {
		return nil, err
	}
	said := p.introductions()
	said.Events = p.eventContracts()
	if err := stream.Send(said); err != nil && !errors.Is(err, io.EOF) { // then Recv says why
		return nil, err
	}
	told, err := stream.Recv()
	if err != nil {
		return nil, err
	}
	j := &joined{stream: stream, source: p.sourceOf(stream.Context()), told: told}
	j.source.isPeer = true
	return j, p.takeWord(j, told)
}

// introduce says who this process is for as long as the stream lasts.
func (p *Process) introduce(stream processv1.ProcessService_JoinClient) {
	again := time.NewTimer(lifecycle.Together(heartbeat))
	defer again.Stop()
	for {
		_, placed := p.places()
		if stream.Send(p.introductions()) != nil {
			return
		}
		select {
		case <-placed:
		case <-again.C:
			again.Reset(lifecycle.Together(heartbeat))
		case <-stream.Context().Done():
			return
		}
	}
}

// introductions are this process and those that joined it, as far as this one's
// certificate lets it speak of them. Those it knows from its peer are known there.
func (p *Process) introductions() *processv1.JoinRequest {
	said := &processv1.JoinRequest{Self: p.introduction()}
	own, err := p.o.Identity.Own()
	if err != nil {
		return said
	}
	for _, m := range p.registry.joined() {
		if _, ok := p.mayRun(own, m); ok {
			said.Others = append(said.Others, m)
		}
	}
	return said
}

// takeWord takes over what the peer says of others: of processes, and, when its
// certificate lets it do everything, of certificates.
func (p *Process) takeWord(j *joined, told *processv1.JoinResponse) error {
	from, _ := p.o.Identity.PeerOf(j.stream.Context())
	if from.MaySpeakFor(certs.All) && from.MayServe(certs.All) {
		if err := p.o.Identity.LearnRevoked(told.GetRevoked()); err != nil {
			return err
		}
	}
	others := slices.DeleteFunc(slices.Clone(told.GetProcesses()), func(m *processv1.Member) bool { return m.GetProcess() == p.name })
	if err := p.registry.hear(j.source, others...); err != nil {
		return err
	}
	p.believe()
	return nil
}

// wanted is where each module belongs at the start.
func (p *Process) wanted(named map[string]route.Place, learned *processv1.JoinResponse) map[string]route.Place {
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
func (p *Process) learn(said *processv1.JoinResponse) map[string]route.Place {
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
// place was ordered here. It begins with the stream of the start.
func (p *Process) follow(j *joined) {
	var said lifecycle.Said
	for p.life.Err() == nil {
		err := p.followOnce(j, func() { said = nil })
		if p.life.Err() != nil {
			return
		}
		if err != nil && said.IsNew(err) {
			p.o.Log.Warn("can't follow the peer; trying again", "peer", p.o.Peer, "error", err)
		}
		j = nil
		lifecycle.Pause(p.life, followEvery)
	}
}

// followOnce follows until the peer goes away or a move fails. What could not
// be followed is tried again: the next stream begins with all places.
func (p *Process) followOnce(j *joined, followed func()) (err error) {
	if j == nil {
		j, err = p.attend(p.life, p.peer.conn, grpc.WaitForReady(true))
		if errors.Is(err, io.EOF) { // the connection became old before the first answer
			return nil
		}
		if err != nil {
			return errors.New(whyNotJoined(err))
		}
	}
	defer j.end()
	for told := j.told; ; {
		if err := p.apply(j.stream.Context(), p.learn(told), peers); err != nil {
			return err
		}
		followed()
		told, err = j.stream.Recv()
		if errors.Is(err, io.EOF) { // the connection is old; the next one is new
			return nil
		}
		if err != nil {
			return fmt.Errorf("places: %s", route.Why(err))
		}
		if err := p.takeWord(j, told); err != nil {
			return err
		}
	}
}
