package process

import (
	"context"
	"errors"
)

// EventsProblem says why events of a module wait in this process that it should
// have published or handled; nil: none do, or the module does not run here. Calls to
// the module go on meanwhile, and so it is no matter of Health.
func (p *Process) EventsProblem(module string) error {
	running := p.Running(module)
	if running == nil {
		return nil
	}
	problem := running.EventsProblem()
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

func (p *Process) brokerProblem() error {
	if p.broker == nil {
		return nil
	}
	return p.broker.Problem()
}
