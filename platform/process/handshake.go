package process

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/platform/contract"
	"galleria/platform/module"
	processv1 "galleria/platform/process/v1"
	"galleria/platform/route"
)

// meets is how this process meets those that serve a module: it asks each
// whether it serves the module as this process needs it.
func (p *Process) meets(d module.Definition) route.Meet {
	return func(ctx context.Context, conn *grpc.ClientConn) (route.Endpoint, error) {
		said, err := processv1.NewProcessServiceClient(conn).Describe(ctx, &processv1.DescribeRequest{Module: d.Name})
		switch status.Code(err) {
		case codes.OK:
			return p.judge(d, said)
		case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled:
			return route.Endpoint{}, fmt.Errorf("%w: %s", route.ErrAway, route.Why(err))
		}
		return route.Endpoint{}, errors.New(status.Convert(err).Message())
	}
}

// judge refuses a process that does not serve the module as this one needs it.
func (p *Process) judge(d module.Definition, said *processv1.DescribeResponse) (met route.Endpoint, err error) {
	if said.GetModule() != d.Name {
		return met, fmt.Errorf("it serves module %q there", said.GetModule())
	}
	if said.GetProcess() == p.name {
		return met, errors.New("that is this process itself")
	}
	ours := p.routes[d.Name].Service()
	theirs, err := contract.FromFiles(said.GetContract(), ours.FullName())
	if err != nil {
		return met, err
	}
	if err := contract.CompatibleIn(ours, theirs, p.called(d.Name)); err != nil {
		return met, fmt.Errorf("its contract does not fit: %w", err)
	}
	if d.Migrations != nil && said.GetStoreId() == "" {
		return met, errors.New("it shows no store")
	}
	if err := p.pins.check(d.Name, said.GetStoreId(), said.GetGeneration()); err != nil {
		return met, err
	}
	if err := compareSettings(p.o.Shared(d.Name), said.GetSettings()); err != nil {
		return met, err
	}
	return route.Endpoint{
		Process: said.GetProcess(), Contract: string(ours.FullName()),
		Store: route.Store{ID: said.GetStoreId(), Generation: said.GetGeneration()},
	}, nil
}

// compareSettings refuses a process that was configured otherwise. What only one of
// them knows of, such as one of another release, is not compared.
func compareSettings(here, there map[string]string) error {
	for _, key := range slices.Sorted(maps.Keys(here)) {
		if value, known := there[key]; known && value != here[key] {
			return fmt.Errorf("%s is %q there and %q here: give both the same", key, value, here[key])
		}
	}
	return nil
}
