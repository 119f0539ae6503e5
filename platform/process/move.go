package process

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"

	"google.golang.org/grpc"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	"galleria/platform/module"
	"galleria/platform/route"
)

// Apply moves modules to the places wanted; modules not named stay. Each move
// succeeds or fails by itself: one that fails leaves its module where it was, is
// in the error, and is tried again until it succeeds or another place is wanted;
// see Wish. Apply returns when the old places are drained and stopped, unless a
// newer change takes a module back before, or calls of a place before that are
// still in it: then it is stopped after those. From then on the peer has no say in
// where these modules are.
//
// Places that make no sense change nothing. Calls from several goroutines are
// applied one after the other.
func (p *Process) Apply(ctx context.Context, wanted map[string]route.Place) error {
	if err := p.checkPlaces(wanted); err != nil {
		return err
	}
	return p.apply(ctx, wanted, operators)
}

// word is on whose word a module moves.
type word int

const (
	operators word = iota // of the operator of this process
	peers                 // of the peer, which counts where the operator said nothing
)

func (p *Process) apply(ctx context.Context, wanted map[string]route.Place, by word) error {
	p.interrupt(wanted, by)
	changing, end, err := p.change(ctx)
	if err != nil {
		return err
	}
	// The old places are left after the change has ended, all at once: neither
	// the other moves nor the next change wait for calls that take their time. What the
	// peer says next may be that another place is gone, so that does not wait either.
	var leaving sync.WaitGroup
	if by == operators {
		defer func() { waitFor(ctx, &leaving) }()
	}
	defer end()
	if !p.started {
		return errors.New("the process has not been started")
	}
	var errs []error
	for _, d := range p.ordered {
		place, named := wanted[d.Name]
		if !named || !p.heed(d.Name, by) {
			continue
		}
		stoodFor, stays := p.standInStays(d.Name, place)
		if stays {
			cause := p.causeOf(d.Name, by)
			p.audit(Change{Module: d.Name, Who: cause.Who, From: stoodFor.String(), To: p.placeNow(d.Name), Why: cause.Why})
		}
		if p.settled(d.Name, place) {
			continue
		}
		before, cause := p.placeNow(d.Name), p.causeOf(d.Name, by)
		left, err := p.place(changing, d, place)
		if err != nil {
			p.soughtFor(d.Name, cause)
			errs = append(errs, fmt.Errorf("%s stays %s: %w", d.Name, p.Place(d.Name), err))
			continue
		}
		if left.target != nil {
			leaving.Add(1)
			p.departures.Go(func() {
				defer leaving.Done()
				p.leave(d.Name, left)
			})
		}
		if p.Place(d.Name).Equal(place) {
			p.audit(Change{Module: d.Name, Who: cause.Who, From: before, To: p.placeNow(d.Name), Why: cause.Why})
			p.o.Log.Info("module moved", "module", d.Name, "to", place.String())
		}
	}
	return errors.Join(errs...)
}

// waitFor waits until the group is done or the caller leaves.
func waitFor(ctx context.Context, group *sync.WaitGroup) {
	done := make(chan struct{})
	go func() {
		group.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// heed tells whether a word counts for a module's place here. After an operator's,
// the peer's does not any more.
func (p *Process) heed(module string, by word) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if by == operators {
		p.own[module] = true
	}
	return p.heedsLocked(module, by)
}

func (p *Process) heedsLocked(module string, by word) bool { return by == operators || !p.own[module] }

// interrupt breaks off attempts to bring modules to other places than are wanted
// now. They count as given up: the change that wants another place may itself be broken
// off before it has begun, and the next one may want the old place again.
func (p *Process) interrupt(wanted map[string]route.Place, by word) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for name, place := range wanted {
		wish := p.wishes[name]
		if stop := p.seeking[name]; stop != nil && !wish.Place.Equal(place) && p.heedsLocked(name, by) {
			stop()
			delete(p.seeking, name)
			wish.GivenUp = true
			p.wishes[name] = wish
		}
	}
}

// standInStays makes an arm that has stood in for a place since the start the module's place,
// if that is what is wanted now, and tells what it stood in for. A canary that comes after it
// begins anew.
func (p *Process) standInStays(name string, wanted route.Place) (stoodFor route.Place, stays bool) {
	beginning := p.beginning(name, wanted)
	p.mu.Lock()
	stoodFor, stays = p.standingFor[name]
	stays = stays && p.placed[name].Equal(wanted)
	if stays {
		delete(p.standingFor, name)
		p.beganLocked(name, p.routes[name].Target(), wanted, beginning)
	}
	p.mu.Unlock()
	if !stays {
		return route.Place{}, false
	}
	p.saveProgress(name)
	return stoodFor, true
}

// settled tells whether a module is where it is wanted, or on its way there. It
// then forgets another place that it was still to get to.
func (p *Process) settled(name string, wanted route.Place) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if wish, pending := p.wishes[name]; pending && wish.Place.Equal(wanted) && !wish.GivenUp {
		return true
	}
	if p.routes[name].Target() == nil || !p.placed[name].Equal(wanted) {
		return false
	}
	p.grantLocked(name)
	return true
}

// Place is where a module is as far as this process goes.
func (p *Process) Place(name string) route.Place {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.placed[name]
}

// placeNow is where calls go now, in words.
func (p *Process) placeNow(name string) string {
	if target := p.routes[name].Target(); target != nil {
		return target.Place().String()
	}
	return route.Place{}.String()
}

// place puts one module where it is wanted, and returns what it left. What
// can't be done now is tried again.
func (p *Process) place(ctx context.Context, d module.Definition, wanted route.Place) (left, error) {
	target, err := p.ready(ctx, d, wanted, nil)
	if err == nil {
		return p.point(d.Name, target, wanted), nil
	}
	if errors.Is(context.Cause(ctx), errStopping) {
		return left{}, err
	}
	p.seek(d, wanted, err, nil)
	if p.routes[d.Name].Target() == nil && errors.Is(err, route.ErrAway) {
		return left{}, nil // it is nowhere, so there is nothing to stay at
	}
	return left{}, err
}

// left is what a module has behind it after a move: the target that calls are in,
// and what of this process those calls may be in. Either may be nil.
type left struct {
	target  *route.Target
	running *module.Running
}

// ready makes the target of a place: the module runs, and the processes that
// calls may go to are met, except those that were met before. When it fails, nothing is
// left running for it.
func (p *Process) ready(ctx context.Context, d module.Definition, place route.Place, before met) (*route.Target, error) {
	target, err := p.make(ctx, d, place, before)
	if err != nil {
		return nil, errors.Join(err, p.stopSpare(d.Name))
	}
	return target, nil
}

// stopSpare stops a module that was started for a place that can't be had. One that
// was taken back for it is stopped when its calls have ended.
func (p *Process) stopSpare(name string) error {
	p.mu.Lock()
	running := p.spare[name]
	delete(p.spare, name)
	draining := running != nil && p.draining[running] > 0
	if draining {
		p.leaving[name] = running
	}
	p.mu.Unlock()
	if running == nil || draining {
		return nil
	}
	ctx, cancel := context.WithTimeout(p.patience, p.o.DrainTimeout)
	defer cancel()
	return running.Stop(ctx)
}

func (p *Process) make(ctx context.Context, d module.Definition, place route.Place, before met) (*route.Target, error) {
	r := p.routes[d.Name]
	switch place.Mode {
	case route.ModeLocal:
		return p.localTarget(ctx, d)
	case route.ModeRemote:
		if target := before.take(place); target != nil {
			return target, nil
		}
		target, err := r.NewRemote(route.RemoteOptions{
			Addresses: place.Addresses, Credentials: p.o.Identity.ClientFor(d.Name), Meet: p.meets(d),
		})
		if err != nil {
			return nil, err
		}
		if err := target.Meet(ctx); err != nil {
			return nil, errors.Join(err, target.Close())
		}
		return target, nil
	case route.ModeHeld:
		return r.NewHeld(place.Hold), nil
	case route.ModeShadow, route.ModeCanary:
		return p.armsTarget(ctx, d, place, before)
	}
	return nil, fmt.Errorf("mode %s is not known here", place.Mode)
}

func (p *Process) armsTarget(ctx context.Context, d module.Definition, place route.Place, before met) (*route.Target, error) {
	r := p.routes[d.Name]
	first, err := p.make(ctx, d, place.Arms[0], before)
	if err != nil {
		return nil, err
	}
	second, err := p.make(ctx, d, place.Arms[1], before)
	if err != nil {
		return nil, errors.Join(err, first.Close())
	}
	if place.Mode == route.ModeShadow {
		return r.NewShadow(first, second), nil
	}
	return r.NewCanary(first, second, p.weightOf(d.Name, place)), nil
}

// localTarget is the module in this process; it is started unless it runs.
func (p *Process) localTarget(ctx context.Context, d module.Definition) (*route.Target, error) {
	running, err := p.runningOrStarted(ctx, d)
	if err != nil {
		return nil, err
	}
	return p.routes[d.Name].NewLocal(running.Instance.Server, route.LocalOptions{
		Process: p.name,
		Store:   func() route.Store { return p.storeHere(d.Name, running) },
		Healthy: func() error {
			ctx, cancel := context.WithTimeout(p.life, healthTimeout)
			defer cancel()
			return running.Healthy(ctx)
		},
	})
}

// storeHere is the store of a module that runs here.
func (p *Process) storeHere(name string, running *module.Running) route.Store {
	store := route.Store{ID: running.StoreID()}
	if running.DB == nil {
		return store
	}
	ctx, cancel := context.WithTimeout(p.life, healthTimeout)
	defer cancel()
	generation, err := running.DB.Generation(ctx)
	if err != nil {
		p.o.Log.Warn("generation of a store not known", "module", name, "error", err)
	}
	store.Generation = generation
	return store
}

// runningOrStarted is the module at work in this process. One that is about to
// be stopped, because it moved away a moment ago, is taken back at once: its calls may
// end while the rest of the place is made, and that must not stop it any more.
func (p *Process) runningOrStarted(ctx context.Context, d module.Definition) (*module.Running, error) {
	p.mu.Lock()
	running := p.running[d.Name]
	if running == nil && p.leaving[d.Name] != nil {
		running = p.leaving[d.Name]
		p.spare[d.Name] = running
		delete(p.leaving, d.Name)
	}
	p.mu.Unlock()
	if running != nil {
		return running, nil
	}
	e := p.environment(d)
	e.DB = p.takeOpened(d.Name)
	running, err := module.Start(ctx, d, e)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	p.spare[d.Name] = running
	p.mu.Unlock()
	p.believe()
	return running, nil
}

// environment is where a module starts in this process.
func (p *Process) environment(d module.Definition) module.Environment {
	return module.Environment{
		Dir: p.o.Dir, DSN: p.dsn(d.Name), Broker: p.events, Log: p.o.Log, Now: p.o.Now, LeaseTTL: p.o.LeaseTTL, Holder: p.name, OpenWithin: prepareTimeout,
		Connect:    func(callee string) grpc.ClientConnInterface { return p.routes[callee].ForCalls(d.Name, d.Calls) },
		Marks:      MarksOf(p.o.Dir, d.Name),
		CheckStore: func(id string, generation int64) error { return p.pins.check(d.Name, id, generation) },
	}
}

// point sends new calls to target. Others are told that it is well in the same
// moment: the checks, which come later, would first have them refuse their own
// calls.
func (p *Process) point(name string, target *route.Target, place route.Place) left {
	beginning := p.beginning(name, place)
	p.mu.Lock()
	l := p.pointLocked(name, target, place)
	p.beganLocked(name, target, place, beginning)
	p.mu.Unlock()
	p.saveProgress(name)
	return l
}

func (p *Process) pointLocked(name string, target *route.Target, place route.Place) left {
	l := left{target: p.routes[name].Point(target), running: p.running[name]}
	if l.target != nil && l.running != nil {
		p.draining[l.running]++
	}
	p.checks.SetServingStatus(string(p.routes[name].Service().FullName()), healthv1.HealthCheckResponse_SERVING)
	switch {
	case place.IsHere() && l.running == nil:
		// Only now may a handshake succeed: who is let in calls at once.
		p.running[name] = p.spare[name]
		delete(p.spare, name)
	case !place.IsHere() && l.running != nil:
		p.leaving[name] = l.running
		delete(p.running, name)
	}
	p.grantLocked(name)
	delete(p.standingFor, name)
	p.rememberLocked(name, place)
	return l
}

// leave waits for the calls at the old place and then gives it up. The move is
// done already: what goes wrong here is reported and changes nothing.
func (p *Process) leave(name string, l left) {
	before := l.target.Endpoints()
	ctx, cancel := context.WithTimeout(p.patience, p.o.DrainTimeout)
	errs := []error{l.target.Drain(ctx), l.target.Close()}
	cancel()
	if l.running != nil && p.drained(name, l.running) {
		// Time of its own: calls that did not end are no reason to cut off
		// the background work, too.
		ctx, cancel := context.WithTimeout(p.patience, p.o.DrainTimeout)
		errs = append(errs, l.running.Stop(ctx))
		cancel()
	}
	p.dismissLost(name, before)
	if err := errors.Join(errs...); err != nil {
		p.o.Log.Error("module left its old place with trouble", "module", name, "error", err)
	}
}

// drained notes that the calls of one old place in a module have ended, and tells
// whether the module is to be stopped now: not while calls of another old place are in
// it, and not when a newer change has taken it back.
func (p *Process) drained(name string, running *module.Running) (stop bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.draining[running]--; p.draining[running] > 0 {
		return false
	}
	delete(p.draining, running)
	if p.leaving[name] != running {
		return false
	}
	delete(p.leaving, name)
	return true
}

// rememberLocked notes a place and wakes those who follow the registry.
func (p *Process) rememberLocked(name string, place route.Place) {
	p.placed[name] = place
	close(p.changed)
	p.changed = make(chan struct{})
}

// places is where each module is, and a channel that closes at the next change.
func (p *Process) places() (map[string]route.Place, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.placed), p.changed
}

func (p *Process) dsn(name string) string {
	if p.o.DSN == nil {
		return ""
	}
	return p.o.DSN(name)
}
