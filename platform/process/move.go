package process

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"google.golang.org/grpc"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	"galleria/platform/module"
	"galleria/platform/route"
)

// Apply moves modules to where placements say; modules not named stay. Each
// move succeeds or fails by itself: one that fails leaves its module where it
// was and is in the error. Apply returns when the old places are drained and
// stopped. From then on the peer has no say in where these modules are.
//
// Placements that make no sense change nothing. Calls from several goroutines
// are applied one after the other.
func (p *Process) Apply(ctx context.Context, placements map[string]Placement) error {
	if err := p.checkPlacements(placements); err != nil {
		return err
	}
	return p.apply(ctx, placements, operators)
}

// word is on whose word a module moves.
type word int

const (
	operators word = iota // of whoever runs this process
	peers                 // of the peer, which counts where the operator said nothing
)

func (p *Process) apply(ctx context.Context, placements map[string]Placement, by word) error {
	ctx, end, err := p.change(ctx)
	if err != nil {
		return err
	}
	defer end()
	if !p.started {
		return errors.New("the process has not been started")
	}
	// The old places are left all at once: one whose calls take their time
	// does not hold up the other moves.
	var leaving sync.WaitGroup
	defer leaving.Wait()
	var errs []error
	for _, d := range p.ordered {
		wanted, named := placements[d.Name]
		if !named || by == peers && p.own[d.Name] {
			continue
		}
		if p.Placement(d.Name) != wanted {
			left, err := p.place(ctx, d, wanted)
			if err != nil {
				errs = append(errs, fmt.Errorf("%s stays %s: %w", d.Name, p.Placement(d.Name), err))
				continue
			}
			leaving.Go(func() { p.leave(d.Name, left) })
			p.o.Log.Info("module moved", "module", d.Name, "to", wanted.String())
		}
		if by == operators {
			p.own[d.Name] = true
		}
	}
	return errors.Join(errs...)
}

// Placement is where a module is served as far as this process goes.
func (p *Process) Placement(name string) Placement {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.placed[name]
}

// place puts one module where it is wanted, and returns what it left.
func (p *Process) place(ctx context.Context, d module.Definition, wanted Placement) (left, error) {
	if wanted.Mode == route.ModeLocal {
		return p.moveIn(ctx, d)
	}
	target, err := p.shakeHands(ctx, d, wanted.Address)
	if err == nil {
		return p.moveOut(d.Name, target), nil
	}
	if p.routes[d.Name].Target() == nil && errors.Is(err, errAway) && ctx.Err() == nil {
		// It is nowhere, so there is nothing to stay at.
		p.seek(d, wanted, err)
		return left{}, nil
	}
	return left{}, err
}

// left is what a module has behind it after a move; either may be nil.
type left struct {
	target  *route.Target
	running *module.Running
}

// moveIn starts the module here and points its route at it.
func (p *Process) moveIn(ctx context.Context, d module.Definition) (left, error) {
	r := p.routes[d.Name]
	running, err := module.Start(ctx, d, module.Environment{
		Dir: p.o.Dir, DSN: p.dsn(d.Name), Broker: p.events, Log: p.o.Log, Now: p.o.Now, LeaseTTL: p.o.LeaseTTL,
		Connect:    func(callee string) grpc.ClientConnInterface { return p.routes[callee].For(d.Name) },
		CheckStore: func(id string) error { return p.pins.check(d.Name, id) },
	})
	if err != nil {
		return left{}, err
	}
	target, err := r.NewLocal(running.Instance.Server, route.LocalOptions{
		StoreID: running.StoreID(),
		Healthy: func() error {
			ctx, cancel := context.WithTimeout(p.life, time.Second)
			defer cancel()
			return running.Healthy(ctx)
		},
	})
	if err != nil {
		return left{}, errors.Join(err, running.Stop(p.patience))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	old := p.pointLocked(d.Name, target, Placement{Mode: route.ModeLocal})
	// Only now may a handshake succeed: whoever it succeeds for calls at once.
	p.running[d.Name] = running
	return left{target: old}, nil
}

// moveOut points the route at another process. What was here is left.
func (p *Process) moveOut(name string, target *route.Target) left {
	p.mu.Lock()
	defer p.mu.Unlock()
	running := p.running[name]
	delete(p.running, name)
	old := p.pointLocked(name, target, Placement{Mode: route.ModeRemote, Address: target.Address()})
	return left{target: old, running: running}
}

// pointLocked sends new calls to target. Others are told that it is well in
// the same moment: the checks, which come later, would first have them refuse
// their own calls.
func (p *Process) pointLocked(name string, target *route.Target, placement Placement) (old *route.Target) {
	if stop := p.seeking[name]; stop != nil {
		stop()
		delete(p.seeking, name)
	}
	old = p.routes[name].Point(target)
	p.checks.SetServingStatus(string(p.routes[name].Service().FullName()), healthv1.HealthCheckResponse_SERVING)
	p.rememberLocked(name, placement)
	return old
}

// leave waits for the calls at the old place and then gives it up. The move is
// done already: what goes wrong here is reported and changes nothing.
func (p *Process) leave(name string, l left) {
	var errs []error
	if l.target != nil {
		ctx, cancel := context.WithTimeout(p.patience, p.o.DrainTimeout)
		errs = append(errs, l.target.Drain(ctx), l.target.Close())
		cancel()
	}
	if l.running != nil {
		// Time of its own: calls that did not end are no reason to cut off
		// the background work, too.
		ctx, cancel := context.WithTimeout(p.patience, p.o.DrainTimeout)
		errs = append(errs, l.running.Stop(ctx))
		cancel()
	}
	if err := errors.Join(errs...); err != nil {
		p.o.Log.Error("module left its old place with trouble", "module", name, "error", err)
	}
}

// rememberLocked notes a placement and wakes whoever follows the directory.
func (p *Process) rememberLocked(name string, placement Placement) {
	p.placed[name] = placement
	close(p.changed)
	p.changed = make(chan struct{})
}

// places is where each module is, and a channel that closes at the next change.
func (p *Process) places() (map[string]Placement, <-chan struct{}) {
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
