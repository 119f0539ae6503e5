package process

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"errors"
	"io"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	processv1 "galleria/platform/process/v1"
)

// introduction is what this process says of itself.
func (p *Process) introduction() *processv1.Member {
	self := &processv1.Member{
		Process: p.name, Targets: p.o.Targets, Version: p.o.Version, Started: timestamppb.New(p.began),
		Address: cmp.Or(p.o.Advertise, p.Address()), Main: p.o.Peer == "",
	}
	if err := p.brokerProblem(); err != nil {
		self.Problem = err.Error()
	}
	for _, d := range p.ordered {
		if problem, here := p.presence(d.Name); here {
			self.Modules = append(self.Modules, &processv1.Member_Module{Module: d.Name, Problem: problem, Vouches: bytesOf(p.vouches(d.Name))})
		}
	}
	return self
}

func bytesOf(keys []ed25519.PublicKey) (all [][]byte) {
	for _, key := range keys {
		all = append(all, key)
	}
	return all
}

// presence tells whether a module runs here, or should, and why it can't do its
// work. It waits for nothing.
func (p *Process) presence(name string) (problem string, here bool) {
	p.mu.Lock()
	running, problem := p.running[name], p.ill[name]
	wish, pending := p.wishes[name]
	starting := p.starting[name]
	p.mu.Unlock()
	switch {
	case running != nil && problem != "":
		return problem, true
	case running != nil:
		if err := p.Problem(name); err != nil {
			problem = err.Error()
		}
		return problem, true
	case pending && wish.Place.IsHere():
		return wish.Problem, true
	}
	return "it is being started", starting
}

// Join takes a process into the registry, and tells it of the others.
func (s service) Join(stream processv1.ProcessService_JoinServer) error {
	p := s.process
	ctx := stream.Context()
	from := p.sourceOf(ctx)
	joined, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- s.hear(stream, from, joined) }()
	defer p.registry.leave(from)
	select {
	case <-joined:
	case err := <-ended:
		return err
	case <-ctx.Done():
		return nil
	}
	for {
		said, placed, changed := p.tell(ctx, from)
		if err := stream.Send(said); err != nil {
			return err
		}
		select {
		case <-placed:
		case <-changed:
		case err := <-ended:
			return err
		case <-ctx.Done():
			return nil
		case <-p.life.Done():
			return status.Error(codes.Unavailable, "the process is stopping")
		}
	}
}

// hear takes down what a process says of itself until the stream ends; joined is
// closed after the first time.
func (s service) hear(stream processv1.ProcessService_JoinServer, from *source, joined chan<- struct{}) error {
	p := s.process
	for first := true; ; first = false {
		in, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		members := append([]*processv1.Member{in.GetSelf()}, in.GetOthers()...)
		err = p.checkClaims(stream.Context(), members)
		if err == nil && first {
			err = p.checkEvents(from, in.GetSelf().GetProcess(), in.GetEvents())
		}
		if err == nil {
			p.locate(from, in)
			err = p.registry.hear(from, members...)
		}
		if err == nil {
			p.believe()
		}
		if err != nil {
			return p.refused(stream.Context(), processv1.ProcessService_Join_FullMethodName, "", err)
		}
		if first {
			close(joined)
		}
	}
}

// locate works out where the processes that a source tells of are reached from here.
func (p *Process) locate(from *source, in *processv1.JoinRequest) {
	self := in.GetSelf()
	if self == nil {
		return
	}
	self.State, self.Heard = processv1.Member_STATE_UNSPECIFIED, nil
	self.Address = reachedAt(self.GetAddress(), from.remote)
	for _, m := range append([]*processv1.Member{self}, in.GetOthers()...) {
		if from.sameHost || !OnLoopback(m.GetAddress()) {
			continue
		}
		if m == self && m.GetProblem() == "" {
			m.Problem = "it listens at " + m.GetAddress() + ", where other machines don't reach it: set rpc.listen or rpc.advertise"
		}
		m.Address = ""
	}
}

// tell is what a process that joined is told, with channels that close when there is
// something new.
func (p *Process) tell(ctx context.Context, to *source) (said *processv1.JoinResponse, placed, changed <-chan struct{}) {
	places, placed := p.places()
	others, changed := p.registry.list(to)
	said = &processv1.JoinResponse{BrokerExternal: p.o.BrokerURL != "", Revoked: p.o.Identity.Revoked()}
	for _, d := range p.ordered {
		// A module that is nowhere yet is left out: who asks keeps to what it knows,
		// and is told when there is more to know.
		if place, known := places[d.Name]; known {
			said.Places = append(said.Places, &processv1.JoinResponse_Place{
				Module: d.Name, Addresses: handedOnAddresses(place.Addresses, to.sameHost), StoreId: p.pins.known(d.Name),
			})
		}
	}
	self := p.introduction()
	self.State = processv1.Member_STATE_ANSWERING
	if _, local := p.ends(ctx); local.IsValid() {
		self.Address = reachedAt(self.GetAddress(), local)
	}
	for _, m := range append([]*processv1.Member{self}, others...) {
		said.Processes = append(said.Processes, handedOn(m, to.sameHost))
	}
	return said, placed, changed
}

func (s service) Processes(context.Context, *processv1.ProcessesRequest) (*processv1.ProcessesResponse, error) {
	return &processv1.ProcessesResponse{Processes: s.process.Processes()}, nil
}
