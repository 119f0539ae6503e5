package process

import (
	"context"
	"slices"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/platform/lifecycle"
	"galleria/platform/module"
	processv1 "galleria/platform/process/v1"
	"galleria/platform/route"
)

// dismissTimeout bounds how long a process that was left may take to say that it
// is there, and then how long each process that is asked may take to take the store from it.
const dismissTimeout = 3 * time.Second

// A dismissal that failed is tried again after dismissFirst, then twice as long, up to
// dismissMost.
const (
	dismissFirst = 500 * time.Millisecond
	dismissMost  = 30 * time.Second
)

// dismissLost takes a module's store from processes that calls went to before,
// do not go to now, and that do not answer: one that hangs, or that the network
// hides, may wake up in the middle of a write. Those that answer keep it: they
// are copies on the same store, and may be wanted again. What fails is tried again in the
// background.
func (p *Process) dismissLost(name string, before []route.EndpointState) {
	for _, lost := range before {
		if lost.Process == "" || lost.Process == p.name {
			continue
		}
		if err := p.dismissOnce(name, lost); err != nil {
			p.tasks.Go(func() { p.keepDismissing(name, lost, err) })
		}
	}
}

// keepDismissing tries to dismiss a process until that succeeds, it is not to be dismissed
// any more, or this process stops.
func (p *Process) keepDismissing(name string, lost route.EndpointState, because error) {
	var said lifecycle.Said
	for wait := dismissFirst; because != nil && p.life.Err() == nil; wait = min(2*wait, dismissMost) {
		if said.IsNew(because) {
			p.o.Log.Error("a process that does not answer may still hold the module's store; trying again to take it from that",
				"module", name, "process", lost.Process, "address", lost.Address, "error", because)
		}
		lifecycle.Pause(p.life, wait)
		because = p.dismissOnce(name, lost)
	}
}

// dismissOnce makes one attempt; nil: it has succeeded, or the process is not to be
// dismissed, since it answers, has the module's calls, or there is no store.
func (p *Process) dismissOnce(name string, lost route.EndpointState) error {
	target := p.routes[name].Target()
	if target == nil || p.life.Err() != nil || !p.hasStore(name) {
		return nil
	}
	if p.Running(name) == nil && !p.mayOperate() {
		return nil // it would be refused; the main process does it
	}
	now := target.Endpoints()
	stays := func(e route.EndpointState) bool { return e.Process == lost.Process || e.Address == lost.Address }
	if slices.ContainsFunc(now, stays) || p.answersAt(lost.Address, name) {
		return nil
	}
	generation, err := p.dismiss(name, lost.Process, now)
	if err != nil {
		return err
	}
	p.o.Log.Warn("the module's store is taken from a process that does not answer",
		"module", name, "process", lost.Process, "address", lost.Address, "generation", generation)
	return nil
}

// hasStore tells whether a module has a database, wherever it runs.
func (p *Process) hasStore(name string) bool {
	return slices.ContainsFunc(p.ordered, func(d module.Definition) bool { return d.Name == name && d.Migrations != nil })
}

func (p *Process) answersAt(address, name string) bool {
	ctx, cancel := context.WithTimeout(p.life, dismissTimeout)
	defer cancel()
	_, err := askAt(ctx, p, address, func(ctx context.Context, c processv1.ProcessServiceClient) (*processv1.DescribeResponse, error) {
		return c.Describe(ctx, &processv1.DescribeRequest{Module: name})
	})
	code := status.Code(err)
	return code != codes.Unavailable && code != codes.DeadlineExceeded && code != codes.Canceled
}

// dismiss asks one of those that hold the store: this process, or an endpoint.
func (p *Process) dismiss(name, lost string, holders []route.EndpointState) (generation int64, err error) {
	if running := p.Running(name); running != nil && running.DB != nil {
		ctx, cancel := context.WithTimeout(p.life, dismissTimeout)
		defer cancel()
		return running.DB.Dismiss(ctx, lost)
	}
	err = status.Error(codes.Unavailable, "no process answers that holds it")
	for _, holder := range holders {
		if holder.Address == "" {
			continue
		}
		// Time of its own: one that hangs, too, must not keep the next one from being asked.
		ctx, cancel := context.WithTimeout(p.life, dismissTimeout)
		said, e := askAt(ctx, p, holder.Address, func(ctx context.Context, c processv1.ProcessServiceClient) (*processv1.DismissResponse, error) {
			return c.Dismiss(ctx, &processv1.DismissRequest{Module: name, Process: lost})
		})
		cancel()
		if err = e; err == nil {
			return said.GetGeneration(), nil
		}
	}
	return 0, err
}
