package process

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"galleria/platform/events"
	"galleria/platform/module"
	processv1 "galleria/platform/process/v1"
	"galleria/platform/route"
)

const (
	// maxLetters bounds one answer of ListDeadLetters.
	maxLetters = 1000
	// countTimeout bounds how long a table waits for a count from elsewhere.
	countTimeout = time.Second
)

func (s service) ListDeadLetters(ctx context.Context, in *processv1.ListDeadLettersRequest) (*processv1.ListDeadLettersResponse, error) {
	running, err := s.find(in.GetModule())
	if err != nil {
		return nil, err
	}
	if running == nil {
		return askElsewhere(ctx, s, in.GetModule(), func(ctx context.Context, c processv1.ProcessServiceClient) (*processv1.ListDeadLettersResponse, error) {
			return c.ListDeadLetters(ctx, in)
		})
	}
	out := &processv1.ListDeadLettersResponse{}
	if err := s.process.Problem(in.GetModule()); err != nil {
		out.EventsProblem = err.Error()
	}
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

// askEvents counts the dead letters of a module and says why its events wait. It
// says nothing when the module's process can't be asked: the table shows by other
// means that it is away.
func (s service) askEvents(ctx context.Context, name string) (letters int64, problem string) {
	running, err := s.find(name)
	switch {
	case err != nil:
		return 0, ""
	case running != nil:
		if err := s.process.Problem(name); err != nil {
			problem = err.Error()
		}
		if running.DB == nil {
			return 0, problem
		}
		n, err := events.CountDeadLetters(ctx, running.DB)
		if err != nil {
			s.process.o.Log.WarnContext(ctx, "dead letters not counted", "module", name, "error", err)
		}
		return n, problem
	}
	ctx, cancel := context.WithTimeout(ctx, countTimeout)
	defer cancel()
	out, _ := s.ListDeadLetters(ctx, &processv1.ListDeadLettersRequest{Module: name})
	return int64(len(out.GetDeadLetters())), out.GetEventsProblem()
}

func (s service) ResendDeadLetters(ctx context.Context, in *processv1.ResendDeadLettersRequest) (*processv1.ResendDeadLettersResponse, error) {
	running, err := s.find(in.GetModule())
	if err != nil {
		return nil, err
	}
	if running == nil {
		return askElsewhere(ctx, s, in.GetModule(), func(ctx context.Context, c processv1.ProcessServiceClient) (*processv1.ResendDeadLettersResponse, error) {
			return c.ResendDeadLetters(ctx, in)
		})
	}
	if running.DB == nil {
		return nil, status.Errorf(codes.FailedPrecondition, "module %s has no events: it has no database", in.GetModule())
	}
	resend := func(ctx context.Context, ids ...string) (int, error) {
		return events.Republish(ctx, running.DB, ids...)
	}
	if running.Subscriber != nil {
		resend = running.Subscriber.Resend
	}
	var sent int
	if ids := in.GetEventIds(); len(ids) > 0 {
		sent, err = resend(ctx, ids...)
	} else {
		sent, err = resendAll(ctx, running, resend)
	}
	switch {
	case errors.Is(err, events.ErrNoSuchLetter):
		return nil, status.Error(codes.NotFound, err.Error())
	case err != nil:
		return nil, status.Errorf(codes.FailedPrecondition, "%d handled; %v", sent, err)
	}
	return &processv1.ResendDeadLettersResponse{Resent: int64(sent)}, nil
}

// discard gives up letters of a module that runs here.
func discard(ctx context.Context, in *processv1.DiscardDeadLettersRequest, running *module.Running) (*processv1.DiscardDeadLettersResponse, error) {
	if running.DB == nil {
		return nil, status.Errorf(codes.FailedPrecondition, "module %s has no events: it has no database", in.GetModule())
	}
	gone, err := events.Discard(ctx, running.DB, in.GetModule(), in.GetEventIds()...)
	switch {
	case errors.Is(err, events.ErrNoSuchLetter):
		return nil, status.Error(codes.NotFound, err.Error())
	case err != nil:
		return nil, status.Error(codes.Internal, err.Error())
	}
	return &processv1.DiscardDeadLettersResponse{Discarded: int64(gone)}, nil
}

// resendAll goes through the letters page by page. One that fails again stays
// and does not keep those of others from being sent.
func resendAll(ctx context.Context, running *module.Running, resend func(context.Context, ...string) (int, error)) (sent int, err error) {
	var failures []error
	for after := int64(0); ; {
		letters, err := events.DeadLetters(ctx, running.DB, maxLetters, after)
		if err != nil || len(letters) == 0 {
			return sent, errors.Join(append(failures, err)...)
		}
		ids := make([]string, len(letters))
		for i, l := range letters {
			ids[i], after = l.EventID, l.Seq
		}
		n, err := resend(ctx, ids...)
		sent += n
		failures = append(failures, err)
	}
}

// find is the module if it runs here, or nil.
func (s service) find(name string) (*module.Running, error) {
	if s.process.routes[name] == nil {
		return nil, status.Errorf(codes.NotFound, "there is no module %q", name)
	}
	return s.process.Running(name), nil
}

// errCircle is the answer to a question that was passed on too often. Processes
// may point to each other for a moment while modules move.
var errCircle = status.Error(codes.Unavailable, "passed on too often: the processes point to each other; ask again")

// askElsewhere asks the processes that a module runs in as far as this one knows,
// one after the other until one answers: they share the module's database.
func askElsewhere[T any](ctx context.Context, s service, name string, ask func(context.Context, processv1.ProcessServiceClient) (T, error)) (answer T, err error) {
	addresses := s.process.Place(name).Reached()
	if len(addresses) == 0 {
		return answer, status.Errorf(codes.Unavailable, "module %s runs nowhere yet", name)
	}
	hops := route.Hops(ctx)
	if hops >= route.MaxHops {
		return answer, errCircle
	}
	if !s.process.mayOperate() {
		return answer, status.Errorf(codes.FailedPrecondition, "module %s runs in another process, at %s, and the certificate of this one does not let it ask there for an operator: ask there, or the main process",
			name, strings.Join(addresses, ", "))
	}
	var away []string
	for _, address := range addresses {
		answer, err = askAt(route.WithHops(ctx, hops+1), s.process, address, ask)
		if code := status.Code(err); code != codes.Unavailable && code != codes.DeadlineExceeded {
			return answer, err
		}
		away = append(away, fmt.Sprintf("at %s: %s", address, route.Why(err)))
	}
	return answer, status.Errorf(codes.Unavailable, "module %s does not answer %s", name, strings.Join(away, ", nor "))
}

func askAt[T any](ctx context.Context, p *Process, address string, ask func(context.Context, processv1.ProcessServiceClient) (T, error)) (answer T, err error) {
	conn, err := route.Dial(address, p.o.Identity.Client())
	if err != nil {
		return answer, status.Error(codes.Unavailable, err.Error())
	}
	defer conn.Close()
	return ask(ctx, processv1.NewProcessServiceClient(conn))
}
