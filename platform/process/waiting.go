package process

import (
	"context"
	"errors"
	"fmt"
)

// Problem says what of a module's work does not go on in this process, such as
// writes, or events that wait to be published or handled; nil: all does, or the
// module does not run here. Calls may be answered meanwhile, and so it is no matter
// of Health.
func (p *Process) Problem(module string) error {
	running := p.Running(module)
	if running == nil {
		return nil
	}
	problem := running.Problem()
	if broker := p.brokerProblem(); problem != nil && broker != nil {
		return errors.New(problem.Error() + " (" + broker.Error() + ")")
	}
	return problem
}

// BrokerProblem says why the event broker can't do its work, or soon won't; nil: it
// can, or it is in another process.
func (p *Process) BrokerProblem(ctx context.Context) error {
	if err := p.brokerProblem(); err != nil || p.events == nil {
		return err
	}
	use, err := p.events.StreamUse(ctx)
	if err != nil {
		return nil // that it is away is seen by what waits for it
	}
	return use.Problem()
}

// EventsProblem says why events do not get from here to the broker, or are not kept there;
// nil: they are. That a connection is open does not show it.
func (p *Process) EventsProblem() error {
	switch {
	case p.events == nil:
		return errors.New("this process has no event broker")
	case !p.events.Connected():
		return errors.New("the event broker can't be reached")
	case p.broker != nil:
		return p.broker.Problem()
	}
	for _, d := range p.ordered {
		if running := p.Running(d.Name); running != nil && running.Unpublished() != nil {
			return fmt.Errorf("%s: %w", d.Name, running.Unpublished())
		}
	}
	// The process with the broker says how that does.
	others, _ := p.registry.list(nil)
	for _, m := range others {
		if m.GetMain() && m.GetProblem() != "" {
			return errors.New(m.GetProblem())
		}
	}
	return nil
}

func (p *Process) brokerProblem() error {
	if p.broker == nil {
		return nil
	}
	return p.broker.Problem()
}
