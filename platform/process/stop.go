package process

import (
	"context"
	"errors"
	"fmt"
	"time"

	"galleria/platform/module"
)

// Stop lets calls in flight finish, stops the modules in reverse order of
// need, and closes the broker. A change that is under way is broken off. Stop
// does as much as it can until ctx ends, and returns then; stopping again does
// nothing.
func (p *Process) Stop(ctx context.Context) error {
	p.endLife()
	defer p.endPatience()
	defer context.AfterFunc(ctx, p.endPatience)()
	select {
	case p.changing <- struct{}{}:
	default:
		select {
		case p.changing <- struct{}{}:
		case <-ctx.Done():
			return fmt.Errorf("stop: a change is still under way: %w", ctx.Err())
		}
	}
	defer func() { <-p.changing }()
	if p.stopped {
		return nil
	}
	p.stopped = true
	errs := []error{p.stopServing(ctx)}
	// Calls at places that were left a moment ago may need modules that are still here; one
	// that hangs leaves half of the time to the others.
	waiting, cancel := halfOf(ctx)
	defer cancel()
	waitFor(waiting, &p.departures)
	for i := len(p.ordered) - 1; i >= 0; i-- {
		errs = append(errs, p.retire(ctx, p.ordered[i].Name))
	}
	p.departures.Wait()
	p.tasks.Wait()
	if p.events != nil {
		p.events.Close()
	}
	if p.peer != nil {
		errs = append(errs, p.peer.close())
	}
	if p.broker != nil {
		errs = append(errs, p.broker.Close(ctx))
	}
	return errors.Join(errs...)
}

// halfOf ends when half of the time that is left has passed, if that is bounded.
func halfOf(ctx context.Context) (context.Context, context.CancelFunc) {
	if end, bounded := ctx.Deadline(); bounded {
		return context.WithTimeout(ctx, time.Until(end)/2)
	}
	return context.WithCancel(ctx)
}

// retire takes a module's route away and stops what is behind it.
func (p *Process) retire(ctx context.Context, name string) error {
	p.mu.Lock()
	old := p.routes[name].Point(nil)
	var running []*module.Running
	for _, where := range []map[string]*module.Running{p.running, p.spare, p.leaving} {
		if where[name] != nil {
			running = append(running, where[name])
		}
		delete(where, name)
	}
	p.mu.Unlock()
	var errs []error
	if old != nil {
		errs = append(errs, old.Drain(ctx), old.Close())
	}
	for _, r := range running {
		errs = append(errs, r.Stop(ctx))
	}
	return errors.Join(errs...)
}
