package process

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	processv1 "galleria/platform/process/v1"
)

// What operators ask about places, and say of them.

func (s service) Announce(_ context.Context, in *processv1.AnnounceRequest) (*processv1.AnnounceResponse, error) {
	if _, err := s.find(in.GetModule()); err != nil {
		return nil, err
	}
	if in.GetWho() == "" {
		return nil, status.Error(codes.InvalidArgument, "it is not said who changes the place")
	}
	s.process.Announce(in.GetModule(), Cause{Who: in.GetWho(), Why: in.GetWhy()})
	return &processv1.AnnounceResponse{}, nil
}

func (s service) ListChanges(_ context.Context, in *processv1.ListChangesRequest) (*processv1.ListChangesResponse, error) {
	if in.GetModule() != "" {
		if _, err := s.find(in.GetModule()); err != nil {
			return nil, err
		}
	}
	changes, err := s.process.Changes(in.GetModule(), in.GetOthers())
	if err != nil {
		return nil, status.Errorf(codes.Internal, "read the audit log: %v", err)
	}
	out := &processv1.ListChangesResponse{}
	for _, c := range changes {
		out.Changes = append(out.Changes, &processv1.ListChangesResponse_Change{
			At: timestamppb.New(c.At), Module: c.Module, Who: c.Who, From: c.From, To: c.To, Why: c.Why, Process: c.Process,
		})
	}
	return out, nil
}

func (s service) Compare(_ context.Context, in *processv1.CompareRequest) (*processv1.CompareResponse, error) {
	if _, err := s.find(in.GetModule()); err != nil {
		return nil, err
	}
	out := &processv1.CompareResponse{}
	for _, c := range s.process.routes[in.GetModule()].Comparisons() {
		method := &processv1.CompareResponse_Method{
			Method: c.Method, Counts: map[string]int64{},
			FirstP50: durationpb.New(c.FirstP50), FirstP99: durationpb.New(c.FirstP99),
			SecondP50: durationpb.New(c.SecondP50), SecondP99: durationpb.New(c.SecondP99),
		}
		for kind, n := range c.Counts {
			method.Counts[string(kind)] = n
		}
		for _, sample := range c.Samples {
			shown := &processv1.CompareResponse_Sample{Kind: string(sample.Kind), At: timestamppb.New(sample.At), RequestId: sample.Request, Times: int64(sample.Times)}
			for _, d := range sample.Differences {
				shown.Differences = append(shown.Differences, &processv1.CompareResponse_Difference{Path: d.Path, First: d.First, Second: d.Second})
			}
			method.Samples = append(method.Samples, shown)
		}
		out.Methods = append(out.Methods, method)
	}
	return out, nil
}

func (s service) Dismiss(ctx context.Context, in *processv1.DismissRequest) (*processv1.DismissResponse, error) {
	running, err := s.find(in.GetModule())
	switch {
	case err != nil:
		return nil, err
	case running == nil || running.DB == nil:
		return nil, status.Errorf(codes.FailedPrecondition, "module %s has no store in process %s", in.GetModule(), s.process.name)
	case in.GetProcess() == s.process.name:
		return nil, status.Error(codes.FailedPrecondition, "a process can't dismiss itself")
	}
	generation, err := running.DB.Dismiss(ctx, in.GetProcess())
	if err != nil {
		return nil, status.Error(codes.Unavailable, err.Error())
	}
	return &processv1.DismissResponse{Generation: generation}, nil
}
