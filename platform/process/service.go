package process

import (
	"context"
	"slices"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"galleria/platform/contract"
	"galleria/platform/module"
	processv1 "galleria/platform/process/v1"
	"galleria/platform/route"
)

// service is what other processes, and the command line, ask this one.
type service struct {
	processv1.UnimplementedProcessServiceServer
	process *Process
}

// Service answers in this process what its rpc port answers to others. It asks for no
// certificate: who hands it on says to whom.
func (p *Process) Service() processv1.ProcessServiceServer { return service{process: p} }

func (s service) Describe(ctx context.Context, in *processv1.DescribeRequest) (*processv1.DescribeResponse, error) {
	store, serves, err := s.storeOf(ctx, in.GetModule())
	if err != nil {
		return nil, err
	}
	if !serves {
		return nil, status.Errorf(codes.NotFound, "module %q does not run in process %s", in.GetModule(), s.process.name)
	}
	return &processv1.DescribeResponse{
		Module:     in.GetModule(),
		Contract:   contract.Files(s.process.routes[in.GetModule()].Service()),
		StoreId:    store.ID,
		Generation: store.Generation,
		Process:    s.process.name,
		Settings:   s.process.o.Shared(in.GetModule()),
	}, nil
}

// storeOf is the store of a module that runs here, or whose calls this process
// splits, holds, or passes on for one that does not reach their place.
func (s service) storeOf(ctx context.Context, name string) (store route.Store, serves bool, err error) {
	if running := s.process.Running(name); running != nil {
		if running.DB == nil {
			return store, true, nil
		}
		store.ID = running.StoreID()
		store.Generation, err = running.DB.Generation(ctx)
		if err != nil {
			return store, true, status.Error(codes.Unavailable, err.Error())
		}
		return store, true, nil
	}
	switch place := s.process.Place(name); place.Mode {
	case route.ModeShadow, route.ModeCanary, route.ModeHeld:
		serves = true
	case route.ModeRemote:
		serves = len(handedOnAddresses(place.Addresses, s.process.sourceOf(ctx).sameHost)) == 0
	}
	if serves {
		store.ID = s.process.pins.known(name)
	}
	return store, serves, nil
}

func (s service) Modules(ctx context.Context, _ *processv1.ModulesRequest) (*processv1.ModulesResponse, error) {
	out := &processv1.ModulesResponse{Modules: make([]*processv1.ModulesResponse_Module, len(s.process.ordered))}
	var rows sync.WaitGroup
	for i, d := range s.process.ordered { // together: some may be away
		rows.Go(func() { out.Modules[i] = s.row(ctx, d) })
	}
	if err := s.process.BrokerProblem(ctx); err != nil {
		out.EventsProblem = err.Error()
	}
	rows.Wait()
	return out, nil
}

func isWell(e *processv1.ModulesResponse_Endpoint) bool { return e.GetProblem() == "" }

func (s service) row(ctx context.Context, d module.Definition) *processv1.ModulesResponse_Module {
	r := s.process.routes[d.Name]
	row := &processv1.ModulesResponse_Module{Module: d.Name, Place: route.Place{}.String(), Healthy: true}
	if target := r.Target(); target != nil {
		row.Mode, row.Place = string(target.Mode()), target.Place().String()
		row.Settings = s.process.Place(d.Name).WithSettings()
		row.StoreId, row.Weight = target.Store().ID, int32(target.Place().Weight)
		for _, leaf := range target.Place().Leaves() {
			if leaf.Mode == route.ModeLocal || leaf.Mode == route.ModeRemote {
				row.Arms = append(row.Arms, &processv1.ModulesResponse_Arm{Addresses: leaf.Addresses})
			}
		}
		for _, e := range target.Endpoints() {
			// What hangs is known before calls have failed by it.
			if e.Problem == "" && s.process.registry.silent(e.Process) {
				e.Problem = "does not answer"
			}
			row.Endpoints = append(row.Endpoints, &processv1.ModulesResponse_Endpoint{
				Process: e.Process, Address: e.Address, StoreId: e.Store.ID, Generation: e.Store.Generation,
				Problem: e.Problem, Calls: int64(e.Calls),
			})
		}
	}
	if progress, ok := s.process.Progress(d.Name); ok {
		row.Progress = progress.String()
	}
	if wish, pending := s.process.Wish(d.Name); pending {
		row.Wanted, row.WantedProblem = wish.Place.String(), wish.String()
	}
	if err := s.process.Health(d.Name); err != nil {
		row.Healthy, row.Problem = false, err.Error()
	} else if len(row.Endpoints) > 0 && !slices.ContainsFunc(row.Endpoints, isWell) {
		row.Healthy, row.Problem = false, row.Endpoints[0].Problem
	}
	letters, problem := s.askEvents(ctx, d.Name)
	row.DeadLetters = letters
	if problem != "" && row.Healthy {
		row.Healthy, row.Problem = false, problem
	}
	for _, m := range r.Stats() {
		row.Methods = append(row.Methods, &processv1.ModulesResponse_Method{
			Method: m.Method, Calls: m.Calls, Errors: m.Errors,
			P50: durationpb.New(m.P50), P99: durationpb.New(m.P99), PromisedP99: durationpb.New(m.PromisedP99),
		})
	}
	return row
}
