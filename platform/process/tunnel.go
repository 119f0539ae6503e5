package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"galleria/platform/events"
	processv1 "galleria/platform/process/v1"
	"galleria/platform/route"
)

const (
	// tunnelBuffer is how many bytes one message of a tunnel carries at most.
	tunnelBuffer = 32 << 10
	// maxTunnels is how many one process may have open: one it uses, others that
	// broke and are not known to, and copies that share a certificate.
	maxTunnels = 16
	// tunnelModules is the header by which a process that passes a tunnel on says
	// for whose modules that is.
	tunnelModules = "x-tunnel-modules"
)

// errExternal is the answer to those who seek the broker of an installation that
// has an external one. Its URL is a secret, which no process hands to another.
const errExternal = "the event broker is an external one: name it in this process's configuration too, as events.url"

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
func (p *peer) Dial(_, _ string) (net.Conn, error) { return p.tunnel(0, "") }

// tunnel opens one for the work of modules, names with commas between; "" is all
// that this process's certificate is good for.
func (p *peer) tunnel(hops int, modules string) (net.Conn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, errors.New("tunnel to the event broker: the process is stopping")
	}
	ctx, cancel := context.WithCancel(p.life)
	opening := route.WithHops(ctx, hops)
	if modules != "" {
		opening = metadata.AppendToOutgoingContext(opening, tunnelModules, modules)
	}
	stream, err := processv1.NewProcessServiceClient(p.conn).Tunnel(opening)
	if err != nil {
		cancel()
		return nil, fmt.Errorf("tunnel to the event broker: %w", err)
	}
	near, far := net.Pipe()
	// The end that ends first ends the other: the near end by being closed, which
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
	who, modules := s.process.tunnelRights(stream.Context())
	refused := func(code codes.Code, format string, args ...any) error {
		return s.process.refused(stream.Context(), processv1.ProcessService_Tunnel_FullMethodName, "", status.Errorf(code, format, args...))
	}
	if len(modules) == 0 {
		return refused(codes.PermissionDenied, "%s may do the work of none of these modules, and so needs no event broker", who)
	}
	if !s.process.tunnels.enter(who) {
		return refused(codes.ResourceExhausted, "%s has %d tunnels to the event broker open already", who, maxTunnels)
	}
	defer s.process.tunnels.leave(who)
	pipe, err := s.process.pipe(stream.Context(), who, modules)
	if err != nil {
		return err
	}
	// The side that ends first ends the other: the stream by closing the pipe, the
	// pipe by returning, which ends the stream's context. That ends with the
	// process and with the connection's time, too.
	defer pipe.Close()
	defer context.AfterFunc(stream.Context(), func() { pipe.Close() })()
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

func (p *Process) pipe(ctx context.Context, who string, modules []string) (net.Conn, error) {
	var pipe net.Conn
	var err error
	switch hops := route.Hops(ctx); {
	case p.broker != nil:
		pipe, err = p.broker.Pipe(p.brokerRights(who, modules))
	case p.o.BrokerURL != "":
		return nil, status.Error(codes.FailedPrecondition, errExternal)
	case p.peer == nil || p.events == nil:
		return nil, status.Error(codes.FailedPrecondition, "no event broker is reached through this process")
	case hops >= route.MaxHops:
		return nil, errCircle
	default:
		pipe, err = p.peer.tunnel(hops+1, strings.Join(modules, ","))
	}
	if err != nil {
		return nil, status.Error(codes.Unavailable, err.Error())
	}
	return pipe, nil
}

// tunnelRights says who opens a tunnel and whose work it may do: of the modules
// its certificate is for, those it asks for. A process that passes a tunnel on asks
// for no more than its own client may.
func (p *Process) tunnelRights(ctx context.Context) (who string, modules []string) {
	from, ok := p.o.Identity.PeerOf(ctx)
	if !ok {
		return "a process without a certificate", nil
	}
	who = from.ID
	incoming, _ := metadata.FromIncomingContext(ctx)
	asked := incoming.Get(tunnelModules)
	for _, d := range p.ordered {
		if !from.MayServe(d.Name) {
			continue
		}
		if len(asked) == 0 || slices.Contains(strings.Split(asked[0], ","), d.Name) {
			modules = append(modules, d.Name)
		}
	}
	return who, modules
}

// brokerRights are what the work of modules takes.
func (p *Process) brokerRights(who string, modules []string) events.Rights {
	r := events.Rights{Process: who, Subscribe: modules}
	for _, d := range p.ordered {
		if slices.Contains(modules, d.Name) {
			r.Publish = append(r.Publish, d.Source())
		}
	}
	return r
}

// hears is what each module of the installation subscribes to.
func (p *Process) hears() events.Hears {
	hears := events.Hears{}
	for _, d := range p.ordered {
		if len(d.Hears) > 0 {
			hears[d.Name] = d.Heard()
		}
	}
	return hears
}

// tunnels counts those that are open, by who opened them.
type tunnels struct {
	mu   sync.Mutex
	open map[string]int
}

func (t *tunnels) enter(who string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open[who] >= maxTunnels {
		return false
	}
	if t.open == nil {
		t.open = map[string]int{}
	}
	t.open[who]++
	return true
}

func (t *tunnels) leave(who string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open[who]--; t.open[who] == 0 {
		delete(t.open, who)
	}
}
