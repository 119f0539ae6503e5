package process

import (
	"context"
	"slices"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	processv1 "galleria/platform/process/v1"
	"galleria/platform/route"
)

// dismissTimeout bounds how long a process that was left may take to say that it
// is there, and then how long the store may take to be taken from it.
const dismissTimeout = 3 * time.Second

// dismissLost takes a module's store from processes that calls went to before,
// do not go to now, and that do not answer: one that hangs, or that the network
// hides, may wake up in the middle of a write. Those that answer keep it: they
// are copies on the same store, and may be wanted again.
func (p *Process) dismissLost(name string, before []route.EndpointState) {
	target := p.routes[name].Target()
	if target == nil {
		return
	}
	if p.Running(name) == nil && !p.mayOperate() {
		return // it would be refused; the main process does it
	}
	now := target.Endpoints()
	for _, old := range before {
		stays := func(e route.EndpointState) bool { return e.Process == old.Process || e.Address == old.Address }
		if old.Process == "" || old.Process == p.name || slices.ContainsFunc(now, stays) {
			continue
		}
		ctx, cancel := context.WithTimeout(p.life, dismissTimeout)
		lost := !p.answersAt(ctx, old.Address, name)
		cancel()
		if !lost {
			continue
		}
		ctx, cancel = context.WithTimeout(p.life, dismissTimeout)
		generation, err := p.dismiss(ctx, name, old.Process, now)
		cancel()
		log := p.o.Log.With("module", name, "process", old.Process, "address", old.Address)
		if err != nil {
			log.Error("a process that does not answer may still hold the module's store", "error", err)
			continue
		}
		log.Warn("the module's store is taken from a process that does not answer", "generation", generation)
	}
}

func (p *Process) answersAt(ctx context.Context, address, name string) bool {
	_, err := askAt(ctx, p, address, func(ctx context.Context, c processv1.ProcessServiceClient) (*processv1.DescribeResponse, error) {
		return c.Describe(ctx, &processv1.DescribeRequest{Module: name})
	})
	code := status.Code(err)
	return code != codes.Unavailable && code != codes.DeadlineExceeded && code != codes.Canceled
}

// dismiss asks one of those that hold the store: this process, or an endpoint.
func (p *Process) dismiss(ctx context.Context, name, lost string, holders []route.EndpointState) (generation int64, err error) {
	if running := p.Running(name); running != nil && running.DB != nil {
		return running.DB.Dismiss(ctx, lost)
	}
	err = status.Error(codes.Unavailable, "no process answers that holds it")
	for _, holder := range holders {
		if holder.Address == "" {
			continue
		}
		said, e := askAt(ctx, p, holder.Address, func(ctx context.Context, c processv1.ProcessServiceClient) (*processv1.DismissResponse, error) {
			return c.Dismiss(ctx, &processv1.DismissRequest{Module: name, Process: lost})
		})
		if err = e; err == nil {
			return said.GetGeneration(), nil
		}
	}
	return 0, err
}
