package process

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"time"

	"google.golang.org/grpc"

	"galleria/platform/module"
	"galleria/platform/route"
)

// seekEvery is how often a process that was not there at start-up is looked
// for again.
const seekEvery = 500 * time.Millisecond

// Apply moves modules to where placements say; modules not named stay. Each
// move succeeds or fails by itself: one that fails leaves its module where it
// was and is in the error.
func (p *Process) Apply(ctx context.Context, placements map[string]Placement) error {
	p.changing.Lock()
	defer p.changing.Unlock()
	if p.life.Err() != nil {
		return errors.New("the process is stopping")
	}
	var errs []error
	for _, d := range p.ordered {
		wanted, named := placements[d.Name]
		if !named || p.Placement(d.Name) == wanted {
			continue
		}
		if err := p.place(ctx, d, wanted, moving); err != nil {
			errs = append(errs, fmt.Errorf("%s stays %s: %w", d.Name, p.Placement(d.Name), err))
			continue
		}
		p.o.Log.Info("module moved", "module", d.Name, "to", wanted.String())
	}
	return errors.Join(errs...)
}

// Placement is where a module is served as far as this process goes.
func (p *Process) Placement(name string) Placement {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.placed[name]
}

type occasion int

const (
	starting occasion = iota // an unreachable module is sought until found
	moving                   // an unreachable module is a reason to stay
)

// place puts one module where it is wanted. It is called by one goroutine at a
// time: Start, or Apply under p.changing.
func (p *Process) place(ctx context.Context, d module.Definition, wanted Placement, when occasion) error {
	p.stopSeeking(d.Name)
	if wanted.Mode == route.ModeLocal {
		return p.moveIn(ctx, d)
	}
	target, err := p.shakeHands(ctx, p.routes[d.Name], wanted.Address)
	switch {
	case err == nil:
		return p.moveOut(ctx, d.Name, target)
	case when == starting || p.routes[d.Name].Target() == nil:
		p.o.Log.Warn("module can't be reached yet", "module", d.Name, "error", err)
		p.remember(d.Name, wanted)
		p.seek(d.Name, wanted.Address)
		return nil
	}
	return err
}

// moveIn starts the module here and points its route at it.
func (p *Process) moveIn(ctx context.Context, d module.Definition) error {
	r := p.routes[d.Name]
	running, err := module.Start(ctx, d, module.Environment{
		Dir: p.o.Dir, DSN: p.dsn(d.Name), Broker: p.events, Log: p.o.Log, Now: p.o.Now, LeaseTTL: p.o.LeaseTTL,
		Connect:    func(callee string) grpc.ClientConnInterface { return p.routes[callee].For(d.Name) },
		CheckStore: func(id string) error { return p.pins.check(d.Name, id) },
	})
	if err != nil {
		return err
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
		return errors.Join(err, running.Stop(ctx))
	}
	p.mu.Lock()
	p.running[d.Name] = running
	p.mu.Unlock()
	old := r.Point(target)
	p.remember(d.Name, Placement{Mode: route.ModeLocal})
	p.leave(ctx, d.Name, old, nil)
	return nil
}

// moveOut points the route at another process and stops the module here, if
// it was here.
func (p *Process) moveOut(ctx context.Context, name string, target *route.Target) error {
	old := p.routes[name].Point(target)
	p.mu.Lock()
	running := p.running[name]
	delete(p.running, name)
	p.mu.Unlock()
	p.remember(name, Placement{Mode: route.ModeRemote, Address: target.Address()})
	p.leave(ctx, name, old, running)
	return nil
}

// leave waits for the calls at the old place and then gives it up. The move is
// done already: what goes wrong here is reported and changes nothing.
func (p *Process) leave(ctx context.Context, name string, old *route.Target, running *module.Running) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.o.DrainTimeout)
	defer cancel()
	var errs []error
	if old != nil {
		errs = append(errs, old.Drain(ctx), old.Close())
	}
	if running != nil {
		errs = append(errs, running.Stop(ctx))
	}
	if err := errors.Join(errs...); err != nil {
		p.o.Log.Error("module left its old place with trouble", "module", name, "error", err)
	}
}

// seek repeats the handshake with a process that was not there at start-up.
func (p *Process) seek(name, address string) {
	ctx, stop := context.WithCancel(p.life)
	p.mu.Lock()
	p.seeking[name] = stop
	p.mu.Unlock()
	p.tasks.Go(func() {
		log := p.o.Log.With("module", name, "address", address)
		said := ""
		for ctx.Err() == nil {
			wait(ctx, seekEvery)
			target, err := p.shakeHands(ctx, p.routes[name], address)
			if err == nil {
				p.found(ctx, name, target, log)
				return
			}
			if said != err.Error() && ctx.Err() == nil {
				said = err.Error()
				log.Warn("module can't be reached", "error", err)
			}
		}
	})
}

func (p *Process) found(ctx context.Context, name string, target *route.Target, log *slog.Logger) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if ctx.Err() != nil { // another placement has been asked for meanwhile
		target.Close()
		return
	}
	p.routes[name].Point(target)
	log.Info("module found")
	p.announceLocked()
}

func (p *Process) stopSeeking(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if stop := p.seeking[name]; stop != nil {
		stop()
		delete(p.seeking, name)
	}
}

func (p *Process) remember(name string, placement Placement) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.placed[name] = placement
	p.announceLocked()
}

// announceLocked wakes whoever follows the directory.
func (p *Process) announceLocked() {
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

func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
