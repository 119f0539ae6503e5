package process

import (
	"context"
	"io"
	"net"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"galleria/platform/contract"
	"galleria/platform/events"
	"galleria/platform/module"
	processv1 "galleria/platform/process/v1"
	"galleria/platform/route"
)

// maxLetters bounds one answer of ListDeadLetters.
const maxLetters = 1000

// service is what other processes, and the command line, ask this one.
type service struct {
	processv1.UnimplementedProcessServiceServer
	process *Process
}

func (s service) Describe(_ context.Context, in *processv1.DescribeRequest) (*processv1.DescribeResponse, error) {
	running := s.process.Running(in.GetModule())
	if running == nil {
		return nil, status.Errorf(codes.NotFound, "module %q does not run in process %s", in.GetModule(), s.process.name)
	}
	return &processv1.DescribeResponse{
		Module:   in.GetModule(),
		Contract: contract.Files(s.process.routes[in.GetModule()].Service()),
		StoreId:  running.StoreID(),
		Process:  s.process.name,
	}, nil
}

func (s service) Directory(_ *processv1.DirectoryRequest, out processv1.ProcessService_DirectoryServer) error {
	for {
		places, changed := s.process.places()
		said := &processv1.DirectoryResponse{BrokerUrl: s.process.brokerURL}
		for _, d := range s.process.ordered {
			// A module that is nowhere yet is left out: whoever asks keeps to
			// what it knows, and is told when there is more to know.
			if place, known := places[d.Name]; known {
				said.Places = append(said.Places, &processv1.DirectoryResponse_Place{Module: d.Name, Address: place.Address})
			}
		}
		if err := out.Send(said); err != nil {
			return err
		}
		select {
		case <-changed:
		case <-out.Context().Done():
			return nil
		case <-s.process.life.Done():
			return status.Error(codes.Unavailable, "the process is stopping")
		}
	}
}

func (s service) Tunnel(stream processv1.ProcessService_TunnelServer) error {
	if s.process.broker == nil {
		return status.Error(codes.FailedPrecondition, "the event broker is not embedded in this process")
	}
	pipe, err := s.process.broker.Pipe()
	if err != nil {
		return status.Error(codes.Unavailable, err.Error())
	}
	// Whoever ends first ends the other: the stream by closing the pipe, the
	// pipe and the process by returning, which ends the stream's context.
	defer pipe.Close()
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
	ended := make(chan error, 1)
	go func() { ended <- sendAll(stream, pipe) }()
	select {
	case err := <-ended:
		return err
	case <-s.process.life.Done():
		pipe.Close()
		<-ended
		return status.Error(codes.Unavailable, "the process is stopping")
	}
}

func sendAll(stream processv1.ProcessService_TunnelServer, pipe net.Conn) error {
	buffer := make([]byte, 32<<10)
	for {
		n, err := pipe.Read(buffer)
		if n > 0 {
			if err := stream.Send(&processv1.TunnelResponse{Data: buffer[:n]}); err != nil {
				return err
			}
		}
		if err == io.EOF || err == io.ErrClosedPipe {
			return nil
		}
		if err != nil {
			return status.Error(codes.Unavailable, err.Error())
		}
	}
}

func (s service) Modules(ctx context.Context, _ *processv1.ModulesRequest) (*processv1.ModulesResponse, error) {
	out := &processv1.ModulesResponse{}
	for _, d := range s.process.ordered {
		out.Modules = append(out.Modules, s.row(ctx, d))
	}
	return out, nil
}

func (s service) row(ctx context.Context, d module.Definition) *processv1.ModulesResponse_Module {
	r := s.process.routes[d.Name]
	placement := s.process.Placement(d.Name)
	row := &processv1.ModulesResponse_Module{Module: d.Name, Mode: string(placement.Mode), Address: placement.Address, Healthy: true}
	if target := r.Target(); target != nil {
		row.StoreId = target.StoreID()
	}
	if err := healthOf(r); err != nil {
		row.Healthy, row.Problem = false, err.Error()
	}
	if running := s.process.Running(d.Name); running != nil && running.DB != nil {
		if n, err := events.CountDeadLetters(ctx, running.DB); err == nil {
			row.DeadLetters = n
		}
	}
	for _, m := range r.Stats() {
		row.Methods = append(row.Methods, methodRow(m))
	}
	return row
}

func methodRow(m route.Stats) *processv1.ModulesResponse_Method {
	return &processv1.ModulesResponse_Method{
		Method: m.Method, Calls: m.Calls, Errors: m.Errors,
		P50: durationpb.New(m.P50), P99: durationpb.New(m.P99), PromisedP99: durationpb.New(m.PromisedP99),
	}
}

func (s service) ListDeadLetters(ctx context.Context, in *processv1.ListDeadLettersRequest) (*processv1.ListDeadLettersResponse, error) {
	running, elsewhere, err := s.find(in.GetModule())
	if err != nil {
		return nil, err
	}
	if elsewhere != "" {
		return askElsewhere(s, elsewhere, func(c processv1.ProcessServiceClient) (*processv1.ListDeadLettersResponse, error) {
			return c.ListDeadLetters(ctx, in)
		})
	}
	out := &processv1.ListDeadLettersResponse{}
	if running.DB == nil {
		return out, nil
	}
	letters, err := events.DeadLetters(ctx, running.DB, maxLetters, 0)
	if err != nil {
		return nil, status.Error(codes.Internal, err.Error())
	}
	for _, l := range letters {
		out.DeadLetters = append(out.DeadLetters, &processv1.ListDeadLettersResponse_DeadLetter{
			EventId: l.EventID, Type: l.Type, Aggregate: l.Aggregate, Payload: l.Payload, Error: l.Error,
			Attempts: int64(l.Attempts), ParkedAt: timestamppb.New(l.ParkedAt),
		})
	}
	return out, nil
}

func (s service) ResendDeadLetters(ctx context.Context, in *processv1.ResendDeadLettersRequest) (*processv1.ResendDeadLettersResponse, error) {
	running, elsewhere, err := s.find(in.GetModule())
	if err != nil {
		return nil, err
	}
	if elsewhere != "" {
		return askElsewhere(s, elsewhere, func(c processv1.ProcessServiceClient) (*processv1.ResendDeadLettersResponse, error) {
			return c.ResendDeadLetters(ctx, in)
		})
	}
	if running.Subscriber == nil {
		return nil, status.Errorf(codes.FailedPrecondition, "module %s hears no events", in.GetModule())
	}
	ids := in.GetEventIds()
	if len(ids) == 0 {
		letters, err := events.DeadLetters(ctx, running.DB, maxLetters, 0)
		if err != nil {
			return nil, status.Error(codes.Internal, err.Error())
		}
		for _, l := range letters {
			ids = append(ids, l.EventID)
		}
	}
	if len(ids) == 0 {
		return &processv1.ResendDeadLettersResponse{}, nil
	}
	n, err := running.Subscriber.Resend(ctx, ids...)
	if err != nil {
		return nil, status.Errorf(codes.FailedPrecondition, "%d handled, then: %v", n, err)
	}
	return &processv1.ResendDeadLettersResponse{Resent: int64(n)}, nil
}

// find tells whether a module runs here, or else where.
func (s service) find(name string) (running *module.Running, elsewhere string, err error) {
	if s.process.routes[name] == nil {
		return nil, "", status.Errorf(codes.NotFound, "there is no module %q", name)
	}
	if running := s.process.Running(name); running != nil {
		return running, "", nil
	}
	if place := s.process.Placement(name); place.Address != "" {
		return nil, place.Address, nil
	}
	return nil, "", status.Errorf(codes.Unavailable, "module %s runs nowhere yet", name)
}

func askElsewhere[T any](s service, address string, ask func(processv1.ProcessServiceClient) (T, error)) (T, error) {
	var none T
	conn, err := route.Dial(address, s.process.o.Identity.Client())
	if err != nil {
		return none, status.Error(codes.Unavailable, err.Error())
	}
	defer conn.Close()
	return ask(processv1.NewProcessServiceClient(conn))
}
