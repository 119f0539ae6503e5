package process

import (
	"context"
	"errors"
	"sync"
	"time"

	"galleria/platform/database"
	"galleria/platform/module"
	"galleria/platform/route"
)

// populate puts every module in its first place. What may take its time is done side by
// side, opening databases and meeting other processes: a database server that does not
// answer holds up the start once, and not once for each module. Those that run here are
// then made in order of need; one whose tables are still being migrated comes later.
func (p *Process) populate(ctx context.Context, wanted map[string]route.Place) error {
	var here, elsewhere sync.WaitGroup
	defer elsewhere.Wait()
	found := make([]*prepared, len(p.ordered))
	for i, d := range p.ordered {
		place := wanted[d.Name]
		if place.IsHere() {
			here.Go(func() { found[i] = p.prepareSoon(ctx, d, place) })
		} else {
			elsewhere.Go(func() {
				if found := p.prepare(ctx, d, place); ctx.Err() == nil {
					p.settle(ctx, d, place, found)
				} else {
					p.giveUp(d.Name, found)
				}
			})
		}
	}
	here.Wait()
	var failed error
	for i, d := range p.ordered {
		switch {
		case found[i] == nil:
		case failed != nil, ctx.Err() != nil: // nothing is started any more
			p.giveUp(d.Name, found[i])
		default:
			started := p.sayWhenLate("a module starts slowly", "module", d.Name)
			if err := p.settle(ctx, d, wanted[d.Name], found[i]); err != nil && p.o.AllOrNothing {
				failed = err
			}
			started()
		}
	}
	if failed != nil {
		return failed
	}
	return context.Cause(ctx)
}

// settleTimeout bounds how long one module holds up the start of the others; prepareTimeout
// is longer, since all share what this machine has. It does not count migrations.
const (
	settleTimeout  = 5 * time.Second
	prepareTimeout = 10 * time.Second
)

// prepared is what was opened and met for a module's first place.
type prepared struct {
	db  *database.DB // nil: it has none, or none here
	met met
	// problem is why the place can't be had as a whole. standIns are its arms that can be,
	// for all that is known yet, and may have all of its calls.
	problem  error
	standIns []route.Place
	// late is where what is prepared will be found, if that takes too long for a start.
	late <-chan *prepared
}

// prepareSoon is prepare as far as a start waits for it. What takes longer goes on.
func (p *Process) prepareSoon(ctx context.Context, d module.Definition, wanted route.Place) *prepared {
	if p.o.AllOrNothing {
		return p.prepare(ctx, d, wanted)
	}
	done := make(chan *prepared, 1)
	p.tasks.Go(func() { done <- p.prepare(p.life, d, wanted) })
	patience := time.NewTimer(p.o.StartWait)
	defer patience.Stop()
	select {
	case found := <-done:
		return found
	case <-patience.C:
	case <-ctx.Done():
	}
	late := &prepared{problem: errPreparing, late: done}
	for _, arm := range p.standIns(d.Name, wanted) {
		if arm.IsHere() || ctx.Err() != nil {
			continue
		}
		if part, err := p.prepareWhole(ctx, d, arm); err == nil { // another process has the calls until then
			late.met, late.standIns = part.met, []route.Place{arm}
			break
		}
	}
	return late
}

var errPreparing = errors.New("its database is still being opened; its tables may be being migrated")

// prepare opens and meets what a module's place needs, or what an arm that may stand in for
// it does.
func (p *Process) prepare(ctx context.Context, d module.Definition, wanted route.Place) *prepared {
	whole, err := p.prepareWhole(ctx, d, wanted)
	if err == nil {
		whole.standIns = p.standIns(d.Name, wanted)
		return whole
	}
	for _, arm := range p.standIns(d.Name, wanted) {
		if ctx.Err() != nil || p.o.AllOrNothing {
			break
		}
		if part, failed := p.prepareWhole(ctx, d, arm); failed == nil {
			part.problem, part.standIns = err, []route.Place{arm}
			return part
		}
	}
	return &prepared{problem: err}
}

// standIns are the arms that may have all calls of a place: the first one, and before it a
// canary that has most of them.
func (p *Process) standIns(name string, wanted route.Place) []route.Place {
	switch {
	case len(wanted.Arms) == 0:
		return nil
	case wanted.Mode == route.ModeCanary && p.weightOf(name, wanted) > 50:
		return []route.Place{wanted.Arms[1], wanted.Arms[0]}
	}
	return wanted.Arms[:1]
}

// prepareWhole opens the database of a module that is to run here, unless it does already,
// and meets the other processes of its place.
func (p *Process) prepareWhole(ctx context.Context, d module.Definition, place route.Place) (*prepared, error) {
	var found prepared
	var away error
	var meeting sync.WaitGroup
	meeting.Go(func() {
		bounded, cancel := context.WithTimeout(ctx, prepareTimeout)
		defer cancel()
		found.met, away = p.meet(bounded, d, place)
	})
	var err error
	if place.IsHere() && !p.runs(d.Name) {
		found.db, err = module.Open(ctx, d, p.environment(d))
	}
	meeting.Wait()
	if err = errors.Join(err, away); err != nil {
		p.giveUp(d.Name, &found)
		return nil, err
	}
	return &found, nil
}

// runs tells whether a module runs here, or would if it were wanted again.
func (p *Process) runs(name string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.running[name] != nil || p.leaving[name] != nil
}

// giveUp closes what was prepared and not used.
func (p *Process) giveUp(name string, found *prepared) {
	if late := found.late; late != nil {
		p.tasks.Go(func() { p.giveUp(name, <-late) })
	}
	found.met.close()
	if found.db == nil {
		return
	}
	ctx, cancel := context.WithTimeout(p.patience, settleTimeout)
	defer cancel()
	if err := found.db.Close(ctx); err != nil {
		p.o.Log.Error("database that is not needed closed with trouble", "module", name, "error", err)
	}
}

// settle puts a module in its first place, or goes on trying in the background.
func (p *Process) settle(ctx context.Context, d module.Definition, wanted route.Place, found *prepared) error {
	defer p.offer(d.Name, found)()
	err := found.problem
	if err == nil {
		var target *route.Target
		if target, err = p.open(ctx, d, wanted, found.met); err == nil {
			p.point(d.Name, target, wanted)
		}
	}
	if err != nil && ctx.Err() == nil && !p.o.AllOrNothing {
		p.standIn(ctx, d, wanted, found)
		p.seek(d, wanted, err, found.late)
		found.late = nil
	}
	return err
}

// standIn gives all calls of a place to an arm of it that can be had; false: there is none. An
// arm that is away at the start must not keep the module from its callers, as it does not
// while it is away later. How far a canary had come stays known.
func (p *Process) standIn(ctx context.Context, d module.Definition, wanted route.Place, found *prepared) bool {
	for _, arm := range found.standIns {
		target, err := p.open(ctx, d, arm, found.met)
		if err != nil {
			continue // the search for the whole place says why
		}
		p.mu.Lock()
		p.pointLocked(d.Name, target, arm)
		p.standingFor[d.Name] = wanted
		p.mu.Unlock()
		return true
	}
	return false
}

// open makes a place's target with what was met for it.
func (p *Process) open(ctx context.Context, d module.Definition, place route.Place, met met) (*route.Target, error) {
	bounded, cancel := context.WithTimeout(ctx, settleTimeout)
	defer cancel()
	return p.ready(bounded, d, place, met)
}

// offer lets a module that starts take the database that was opened for it. What was prepared
// and not used is closed at the end.
func (p *Process) offer(name string, found *prepared) (end func()) {
	p.mu.Lock()
	p.opened[name] = found.db
	p.mu.Unlock()
	return func() {
		found.db = p.takeOpened(name)
		p.giveUp(name, found)
	}
}

// takeOpened gives away the database that was opened for a module; nil: none was.
func (p *Process) takeOpened(name string) *database.DB {
	p.mu.Lock()
	defer p.mu.Unlock()
	db := p.opened[name]
	delete(p.opened, name)
	return db
}
