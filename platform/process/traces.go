package process

import (
	"context"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"galleria/platform/lifecycle"
	processv1 "galleria/platform/process/v1"
	"galleria/platform/route"
	"galleria/platform/traces"
)

// mostFound bounds what one process answers about traces and lines.
const mostFound = 500

func limited(asked int32) int {
	if asked <= 0 {
		return 100
	}
	return int(min(asked, mostFound))
}

func (s service) FindTraces(ctx context.Context, in *processv1.FindTracesRequest) (*processv1.FindTracesResponse, error) {
	out := &processv1.FindTracesResponse{}
	if store := s.process.o.Traces; store != nil {
		var found []traces.Trace
		if in.GetTraceId() != "" {
			found = store.Of(in.GetTraceId())
		} else {
			found = store.Find(traces.By(in.GetBy()), in.GetText(), limited(in.GetLimit()))
		}
		for _, t := range found {
			out.Traces = append(out.Traces, traceOf(s.process.name, t))
		}
	}
	if in.GetOthers() {
		alone := &processv1.FindTracesRequest{TraceId: in.GetTraceId(), By: in.GetBy(), Text: in.GetText(), Limit: in.GetLimit()}
		answers, problems := askOthers(ctx, s.process, func(ctx context.Context, c processv1.ProcessServiceClient) (*processv1.FindTracesResponse, error) {
			return c.FindTraces(ctx, alone)
		})
		for _, a := range answers {
			out.Traces = append(out.Traces, a.GetTraces()...)
		}
		out.Problems = problems
	}
	return out, nil
}

// gatherPause bounds how much of a process is spent on gathering traces when very many
// requests fail.
const gatherPause = 50 * time.Millisecond

// gatherTraces has the other processes keep their parts of the traces that this one keeps
// for what happened in them. Their answers are not looked at: the console asks again. A
// process that may not ask leaves it: of what begins there the others keep what failed or
// was slow in them.
func (p *Process) gatherTraces() {
	for {
		select {
		case <-p.life.Done():
			return
		case id := <-p.o.Traces.Wanted():
			if !p.mayOperate() {
				continue
			}
			askOthers(p.life, p, func(ctx context.Context, c processv1.ProcessServiceClient) (*processv1.FindTracesResponse, error) {
				return c.FindTraces(ctx, &processv1.FindTracesRequest{TraceId: id})
			})
			lifecycle.Pause(p.life, gatherPause)
		}
	}
}

func traceOf(process string, t traces.Trace) *processv1.Trace {
	out := &processv1.Trace{Process: process, TraceId: t.ID}
	for _, s := range t.Spans {
		out.Spans = append(out.Spans, &processv1.Trace_Span{
			Id: s.ID, Parent: s.Parent, Name: s.Name, Kind: s.Kind, At: timestamppb.New(s.At), Took: durationpb.New(s.Took), Failed: s.Failed, Attributes: s.Attributes,
		})
	}
	return out
}

func (s service) FindLines(ctx context.Context, in *processv1.FindLinesRequest) (*processv1.FindLinesResponse, error) {
	out := &processv1.FindLinesResponse{}
	if lines := s.process.o.Lines; lines != nil {
		for _, l := range lines.Find(in.GetKey(), in.GetValue(), limited(in.GetLimit())) {
			out.Lines = append(out.Lines, &processv1.FindLinesResponse_Line{Process: s.process.name, At: timestamppb.New(l.At), Text: l.Text})
		}
	}
	if in.GetOthers() {
		alone := &processv1.FindLinesRequest{Key: in.GetKey(), Value: in.GetValue(), Limit: in.GetLimit()}
		answers, problems := askOthers(ctx, s.process, func(ctx context.Context, c processv1.ProcessServiceClient) (*processv1.FindLinesResponse, error) {
			return c.FindLines(ctx, alone)
		})
		for _, a := range answers {
			out.Lines = append(out.Lines, a.GetLines()...)
		}
		out.Problems = problems
	}
	return out, nil
}

// askTimeout bounds how long one process is waited for.
const askTimeout = 2 * time.Second

// askOthers asks all other processes that are known and not gone, together. Problems say
// which could not be asked, and why.
func askOthers[T any](ctx context.Context, p *Process, ask func(context.Context, processv1.ProcessServiceClient) (T, error)) (answers []T, problems []string) {
	var mu sync.Mutex
	var asked sync.WaitGroup
	for _, m := range p.Processes()[1:] {
		if m.GetState() == processv1.Member_STATE_GONE || m.GetAddress() == "" {
			continue
		}
		asked.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, askTimeout)
			defer cancel()
			answer, err := askAt(ctx, p, m.GetAddress(), ask)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				problems = append(problems, m.GetProcess()+": "+route.Why(err))
				return
			}
			answers = append(answers, answer)
		})
	}
	asked.Wait()
	return answers, problems
}

func (s service) DiscardDeadLetters(ctx context.Context, in *processv1.DiscardDeadLettersRequest) (*processv1.DiscardDeadLettersResponse, error) {
	if len(in.GetEventIds()) == 0 {
		return nil, status.Error(codes.InvalidArgument, "no event is named")
	}
	running, err := s.find(in.GetModule())
	if err != nil {
		return nil, err
	}
	if running == nil {
		return askElsewhere(ctx, s, in.GetModule(), func(ctx context.Context, c processv1.ProcessServiceClient) (*processv1.DiscardDeadLettersResponse, error) {
			return c.DiscardDeadLetters(ctx, in)
		})
	}
	return discard(ctx, in, running)
}
