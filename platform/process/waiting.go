package process

import (
	"context"
	"errors"
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

func (p *Process) brokerProblem() error {
	if p.broker == nil {
		return nil
	}
	return p.broker.Problem()
}
