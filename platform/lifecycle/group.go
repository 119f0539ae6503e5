// Package lifecycle starts the parts of a process in order and stops them in
// reverse, and notices when one dies in between.
//
//	var g lifecycle.Group
//	g.Add(lifecycle.Component{Name: "database", Start: open, Stop: close})
//	g.Add(lifecycle.Component{Name: "http", Run: serve, Stop: drain})
//	if err := g.Start(ctx); err != nil { … } // whatever had started is stopped again
//	err := g.Wait(ctx)                       // until ctx is ended, or a component dies
//	err = errors.Join(err, g.Stop(deadline))
//
// It also has what work in the background needs: Pause waits until it may go on or
// has to stop, Guard keeps a panic from ending more than the work itself, and Said
// logs each cause of a lasting trouble once.
package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Component is one part of the process. Every function may be nil.
type Component struct {
	Name string
	// Start returns when what comes after may use the component. Having
	// failed, it leaves nothing behind: Stop is not called.
	Start func(ctx context.Context) error
	// Run is called after Start and works until ctx ends. It calls ready when
	// what comes after may use the component; Group.Start waits for that.
	// Returning earlier than told, even with nil, is dying.
	Run func(ctx context.Context, ready func()) error
	// Stop finishes the work in hand until its ctx ends, and then gives up at
	// once. Run's ctx ends after it. It is called if Start succeeded, even if
	// Run has failed since.
	Stop func(ctx context.Context) error
}

// Group is an ordered set of components, to be started once. The zero value is
// an empty one. Add, Start and Stop are called one after another; Wait may be
// called at any time.
type Group struct {
	// Rollback is the time for stopping again after a failed Start; 0 = 10 s.
	Rollback time.Duration

	components []Component
	started    []*running

	once sync.Once
	life context.Context // ends with the first death, its cause
	die  context.CancelCauseFunc
}

// Add puts a component after those added before, on which it may depend.
func (g *Group) Add(c Component) { g.components = append(g.components, c) }

func (g *Group) init() {
	g.once.Do(func() { g.life, g.die = context.WithCancelCause(context.Background()) })
}

// Start starts the components in order. If one fails, or an earlier one dies
// meanwhile, or ctx ends, those that started are stopped in reverse, and the
// error says which it was. Components outlive ctx.
func (g *Group) Start(ctx context.Context) error {
	g.init()
	starting, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(g.life, func() { cancel(context.Cause(g.life)) })()

	for _, c := range g.components {
		err := context.Cause(starting)
		if err == nil {
			err = g.start(starting, c)
		}
		if err == nil {
			continue
		}
		back, done := context.WithTimeout(context.WithoutCancel(ctx), g.rollback())
		defer done()
		return errors.Join(fmt.Errorf("starting %s: %w", c.Name, err), g.Stop(back))
	}
	return nil
}

func (g *Group) start(ctx context.Context, c Component) error {
	if c.Start != nil {
		if err := c.Start(ctx); err != nil {
			return err
		}
	}
	r := &running{Component: c, ended: make(chan struct{})}
	g.started = append(g.started, r)
	if c.Run == nil {
		close(r.ended)
		return nil
	}
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	r.cancel = cancel
	ready := make(chan struct{})
	go func() {
		defer close(r.ended)
		var once sync.Once
		r.err = c.Run(work, func() { once.Do(func() { close(ready) }) })
		select {
		case <-ready:
			if !r.stopping.Load() {
				r.reported.Store(true)
				g.die(r.death())
			}
		default: // Start is waiting and reports it
		}
	}()
	select {
	case <-ready:
		return nil
	case <-r.ended:
		return firstError(r.err, errors.New("ended before it was ready"))
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Wait returns the named error of the first component that dies, or nil when
// ctx ends before that.
func (g *Group) Wait(ctx context.Context) error {
	g.init()
	select {
	case <-g.life.Done():
	case <-ctx.Done():
	}
	return context.Cause(g.life) // nil while all live
}

// Stop stops what has started, in reverse. The deadline of ctx is for all
// together: each component gets what the earlier ones left of it, and is told
// to stop even when nothing is left. The errors are joined, each with the
// component's name. Stopping what is stopped does nothing.
func (g *Group) Stop(ctx context.Context) error {
	var errs []error
	for len(g.started) > 0 {
		last := len(g.started) - 1
		if err := g.started[last].stop(ctx); err != nil {
			errs = append(errs, fmt.Errorf("stopping %s: %w", g.started[last].Name, err))
		}
		g.started = g.started[:last]
	}
	return errors.Join(errs...)
}

func (g *Group) rollback() time.Duration {
	if g.Rollback > 0 {
		return g.Rollback
	}
	return 10 * time.Second
}

// running is a component that has started.
type running struct {
	Component
	cancel   context.CancelFunc // of Run
	stopping atomic.Bool
	reported atomic.Bool   // Wait or Start tells of its death
	ended    chan struct{} // closed when Run has returned
	err      error         // of Run; read after ended
}

// lastBreath is how long a component that was told to stop only after the
// deadline may take to return, so that one slow component does not make all
// the others look as if they hung.
const lastBreath = 200 * time.Millisecond

func (r *running) stop(ctx context.Context) error {
	died := false
	select {
	case <-r.ended:
		died = r.Run != nil // before it was ready, which Start has reported
	default:
	}
	r.stopping.Store(true)
	var err error
	if r.Stop != nil {
		err = r.Stop(ctx)
	}
	if r.cancel != nil {
		r.cancel()
	}
	select {
	case <-r.ended:
	case <-ctx.Done():
		select {
		case <-r.ended:
		case <-time.After(lastBreath):
			return errors.Join(err, fmt.Errorf("still running: %w", context.Cause(ctx)))
		}
	}
	if !died && !r.reported.Load() && !errors.Is(r.err, context.Canceled) {
		err = errors.Join(err, r.err)
	}
	return err
}

func (r *running) death() error {
	return fmt.Errorf("%s died: %w", r.Name, firstError(r.err, errors.New("it returned without being told")))
}

func firstError(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}
