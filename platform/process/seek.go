package process

import (
	"context"
	"errors"
	"time"

	"galleria/platform/lifecycle"
	"galleria/platform/module"
	"galleria/platform/route"
)

// A change that failed is tried again after seekFirst, then twice as long, up to
// seekMost, and given up after seekFor: until then its cause may go by itself.
const (
	seekFirst = 500 * time.Millisecond
	seekMost  = 15 * time.Second
	seekFor   = time.Hour
)

// readyTimeout bounds one attempt to bring a module to a place that is prepared.
const readyTimeout = 15 * time.Second

// Wish is a place a module is to get to and has not reached.
type Wish struct {
	Place route.Place
	// Problem is why it is not there.
	Problem string
	// GivenUp says that it is not tried again by itself.
	GivenUp bool
}

// String is why the module is not there, and what is done about it.
func (w Wish) String() string {
	if w.GivenUp {
		return w.Problem + "; given up until it is wanted again"
	}
	return w.Problem + "; it is tried again by itself"
}

// Wish is where a module is still to get to; false when it is where it is
// wanted.
func (p *Process) Wish(name string) (Wish, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w, pending := p.wishes[name]
	return w, pending
}

// seek tries to bring a module to a place until that succeeds or another one is
// wanted. Meanwhile it stays where it is; if that is nowhere, calls fail with
// Unavailable. late is where what is being prepared for it will be found; nil: nothing is.
func (p *Process) seek(d module.Definition, wanted route.Place, because error, late <-chan *prepared) {
	ctx, stop := context.WithCancel(p.life)
	p.mu.Lock()
	p.grantLocked(d.Name)
	p.seeking[d.Name] = stop
	p.wishes[d.Name] = Wish{Place: wanted, Problem: because.Error()}
	if p.routes[d.Name].Target() == nil {
		p.rememberLocked(d.Name, wanted)
	}
	p.mu.Unlock()
	p.tasks.Go(func() {
		defer stop()
		if late != nil {
			var done bool
			if done, because = p.awaitLate(ctx, d, wanted, late); done || ctx.Err() != nil {
				return
			}
			p.note(ctx, d.Name, Wish{Place: wanted, Problem: because.Error()})
		}
		p.keepSeeking(ctx, d, wanted, because)
	})
}

// awaitLate brings a module to its place with what is still being prepared for it.
func (p *Process) awaitLate(ctx context.Context, d module.Definition, wanted route.Place, late <-chan *prepared) (done bool, err error) {
	p.o.Log.Warn("a module comes later, the others do without it", "module", d.Name, "error", errPreparing)
	select {
	case found := <-late:
		return p.use(ctx, d, wanted, found)
	case <-ctx.Done():
		p.giveUp(d.Name, &prepared{late: late})
		return false, ctx.Err()
	}
}

func (p *Process) keepSeeking(ctx context.Context, d module.Definition, wanted route.Place, because error) {
	log := p.o.Log.With("module", d.Name, "wanted", wanted.String())
	var said lifecycle.Said
	wait := seekFirst
	for began := time.Now(); ; {
		if said.IsNew(because) {
			log.Warn("module can't get to its place yet; trying again", "error", because)
		}
		if time.Since(began) > seekFor && p.routes[d.Name].Target() != nil {
			p.note(ctx, d.Name, Wish{Place: wanted, Problem: because.Error(), GivenUp: true})
			log.Error("module does not get to its place; given up until it is wanted again", "error", because)
			return
		}
		lifecycle.Pause(ctx, wait)
		if p.routes[d.Name].Target() != nil { // it has a place meanwhile, so there is time
			wait = min(2*wait, seekMost)
		}
		done, err := p.try(ctx, d, wanted)
		if done || ctx.Err() != nil {
			return
		}
		because = err
		p.note(ctx, d.Name, Wish{Place: wanted, Problem: err.Error()})
	}
}

// try makes one attempt. It is a change like those of Apply: one at a time. Other processes
// are met and the database is opened before, though: those that are away, or hang, and
// migrations would keep this process from starting its other modules, for which others wait
// in turn.
func (p *Process) try(ctx context.Context, d module.Definition, wanted route.Place) (done bool, err error) {
	found, err := p.prepareWhole(ctx, d, wanted)
	if err != nil {
		return false, err
	}
	return p.use(ctx, d, wanted, found)
}

// use brings a module to a place with what was prepared for it.
func (p *Process) use(ctx context.Context, d module.Definition, wanted route.Place, found *prepared) (done bool, err error) {
	changing, end, err := p.change(ctx)
	if err != nil {
		p.giveUp(d.Name, found)
		return false, err
	}
	defer end()
	defer p.offer(d.Name, found)()
	if found.problem != nil {
		if done = p.standIn(changing, d, wanted, found); done {
			p.seek(d, wanted, found.problem, nil)
		}
		return done, found.problem
	}
	changing, cancel := context.WithTimeout(changing, readyTimeout)
	defer cancel()
	target, err := p.ready(changing, d, wanted, found.met)
	if err != nil {
		return false, err
	}
	p.found(ctx, d.Name, target, wanted)
	return true, nil
}

// met are targets in other processes that were met before the place that they are in is
// made, by their place in words.
type met map[string]*route.Target

// meet makes the targets of a place that are in other processes.
func (p *Process) meet(ctx context.Context, d module.Definition, place route.Place) (met, error) {
	all := met{}
	for _, leaf := range place.Leaves() {
		if leaf.Mode != route.ModeRemote {
			continue
		}
		target, err := p.make(ctx, d, leaf, nil)
		if err != nil {
			all.close()
			return nil, err
		}
		all[leaf.String()] = target
	}
	return all, nil
}

// take gives a target away; nil: it was not met before.
func (m met) take(place route.Place) *route.Target {
	target := m[place.String()]
	delete(m, place.String())
	return target
}

// close closes those that were not taken. No call was ever in them.
func (m met) close() {
	for _, target := range m {
		target.Close()
	}
}

// note says how a wish does, unless another place is wanted meanwhile.
func (p *Process) note(ctx context.Context, name string, w Wish) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if ctx.Err() == nil {
		p.wishes[name] = w
	}
}

// found points a module to the place it was brought to, within a change.
func (p *Process) found(ctx context.Context, name string, target *route.Target, wanted route.Place) {
	beginning := p.beginning(name, wanted)
	p.mu.Lock()
	if ctx.Err() != nil { // another place has been asked for meanwhile
		p.mu.Unlock()
		if err := errors.Join(target.Close(), p.stopSpare(name)); err != nil {
			p.o.Log.Error("place that is not wanted any more given up with trouble", "module", name, "place", wanted.String(), "error", err)
		}
		return
	}
	cause := p.foundForLocked(name)
	l := p.pointLocked(name, target, wanted)
	p.beganLocked(name, target, wanted, beginning)
	p.mu.Unlock()
	p.saveProgress(name)
	before := route.Place{}.String()
	if l.target != nil {
		before = l.target.Place().String()
	}
	p.audit(Change{Module: name, Who: cause.Who, From: before, To: p.placeNow(name), Why: cause.Why})
	p.o.Log.Info("module has got to its place", "module", name, "place", wanted.String())
	if l.target != nil {
		p.departures.Go(func() { p.leave(name, l) })
	}
}

// grantLocked ends the search for a place, because the module has one.
func (p *Process) grantLocked(name string) {
	if stop := p.seeking[name]; stop != nil {
		stop()
		delete(p.seeking, name)
	}
	delete(p.wishes, name)
	delete(p.sought, name)
}
