package process

import (
	"context"
	"log/slog"
	"time"

	"galleria/platform/module"
	"galleria/platform/route"
)

// seekEvery is how often a process that was not there is looked for again.
const seekEvery = 500 * time.Millisecond

// meet shakes hands with the process a module is at when this one starts, and
// goes on seeking it when that fails.
func (p *Process) meet(ctx context.Context, d module.Definition, at Placement) {
	target, err := p.shakeHands(ctx, d, at.Address)
	if err != nil {
		p.seek(d, at, err)
		return
	}
	p.moveOut(d.Name, target)
}

// seek repeats the handshake until it succeeds or the module is placed
// elsewhere. Calls fail with Unavailable meanwhile.
func (p *Process) seek(d module.Definition, at Placement, because error) {
	ctx, stop := context.WithCancel(p.life)
	p.mu.Lock()
	if before := p.seeking[d.Name]; before != nil {
		before()
	}
	p.seeking[d.Name] = stop
	p.rememberLocked(d.Name, at)
	p.mu.Unlock()
	p.tasks.Go(func() {
		defer stop()
		log := p.o.Log.With("module", d.Name, "address", at.Address)
		said := ""
		for err := because; ; {
			if said != err.Error() {
				said = err.Error()
				log.Warn("module can't be reached yet", "error", err)
			}
			pause(ctx, seekEvery)
			var target *route.Target
			if target, err = p.shakeHands(ctx, d, at.Address); err == nil {
				p.found(ctx, d.Name, target, log)
				return
			}
			if ctx.Err() != nil {
				return
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
	p.pointLocked(name, target, p.placed[name])
	log.Info("module found")
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
