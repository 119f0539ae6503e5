package process

import (
	"errors"
	"time"

	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	"galleria/platform/lifecycle"
	"galleria/platform/route"
)

// Health is nil when calls to a module have somewhere to go that is well, and
// else says why not.
func (p *Process) Health(module string) error {
	target := p.routes[module].Target()
	if target == nil {
		if wish, pending := p.Wish(module); pending {
			return errors.New(wish.Problem)
		}
		return errors.New("not reached yet")
	}
	return target.Healthy()
}

// AnswersFor tells whether this process is to answer for a module's health: it runs here,
// or it is wanted here and down. One that is away elsewhere is that process's trouble, and
// so is one that is to come here and still works where it was.
func (p *Process) AnswersFor(module string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running[module] != nil {
		return true
	}
	wish, pending := p.wishes[module]
	return pending && wish.Place.IsHere() && p.routes[module].Target() == nil
}

const (
	healthEvery = 2 * time.Second
	// healthTimeout bounds how long a module may take to say how it does.
	healthTimeout = time.Second
	// illAfter is how many checks in a row must fail until others are told:
	// they then send no calls at all, which one slow answer does not justify.
	illAfter = 2
)

// watchHealth keeps the health service true for the modules that run here.
// Those that run elsewhere count as well: calls passed on get the answer of
// all that know of it, and each process watches the places it calls itself.
func (p *Process) watchHealth() {
	failures := map[string]int{}
	for p.life.Err() == nil {
		for _, d := range p.ordered {
			target := p.routes[d.Name].Target()
			if target == nil || !target.Place().Equal(route.Local()) {
				failures[d.Name] = 0
				p.noteIll(d.Name, nil)
				continue
			}
			err := target.Healthy()
			p.noteIll(d.Name, err)
			if err == nil {
				failures[d.Name] = 0
			} else if failures[d.Name]++; failures[d.Name] == illAfter {
				p.o.Log.Error("module is ill", "module", d.Name, "error", err)
			}
			p.tellHealth(d.Name, target, failures[d.Name] < illAfter)
		}
		lifecycle.Pause(p.life, lifecycle.Together(healthEvery))
	}
}

// noteIll remembers how a module is, for the registry of processes.
func (p *Process) noteIll(name string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.ill, name)
	if err != nil {
		p.ill[name] = err.Error()
	}
}

// tellHealth tells others how target is, if the route still points to it.
func (p *Process) tellHealth(name string, target *route.Target, well bool) {
	state := healthv1.HealthCheckResponse_NOT_SERVING
	if well {
		state = healthv1.HealthCheckResponse_SERVING
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if r := p.routes[name]; r.Target() == target {
		p.checks.SetServingStatus(string(r.Service().FullName()), state)
	}
}
