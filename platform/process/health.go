package process

// Health is nil when calls to a module have somewhere to go that is well, and
// else says why not.
func (p *Process) Health(module string) error { return healthOf(p.routes[module]) }
