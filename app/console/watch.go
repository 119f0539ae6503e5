package console

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"galleria/app/floorplan"
	"galleria/platform/lifecycle"
)

const (
	// While a page is open: a look every lively. When none was for watchedFor: every idly,
	// so that the next page that is opened has rates to show at once.
	lively     = 2 * time.Second
	idly       = window
	watchedFor = 30 * time.Second
	// window is how far back rates and times go.
	window = time.Minute
	// lookTimeout bounds one look, and freshWithin how long a page waits for a new one.
	lookTimeout = 5 * time.Second
	freshWithin = time.Second
)

// watch looks at the house again and again, and keeps the looks of the last window.
// Safe for concurrent use.
type watch struct {
	source floorplan.Source
	table  floorplan.Table
	log    *slog.Logger
	now    func() time.Time

	mu      sync.Mutex
	looks   []look // the oldest first
	problem error  // of the last look
	wanted  time.Time
	changed chan struct{} // closed and replaced after each look
	hurry   chan struct{} // has room for one
}

type look struct {
	at     time.Time
	survey floorplan.Survey
}

func newWatch(source floorplan.Source, table floorplan.Table, log *slog.Logger, now func() time.Time) *watch {
	return &watch{source: source, table: table, log: log, now: now, changed: make(chan struct{}), hurry: make(chan struct{}, 1)}
}

// run looks until ctx ends.
func (w *watch) run(ctx context.Context) {
	var said lifecycle.Said
	for ctx.Err() == nil {
		if err := w.once(ctx); err != nil && ctx.Err() == nil && said.IsNew(err) {
			w.log.Warn("the console can't look at the house", "error", err)
		}
		pause := time.NewTimer(w.pause())
		select {
		case <-ctx.Done():
		case <-w.hurry:
		case <-pause.C:
		}
		pause.Stop()
	}
}

func (w *watch) once(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	survey, err := floorplan.Look(ctx, w.source)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.problem = err; err == nil {
		now := w.now()
		w.looks = append(w.looks, look{now, survey})
		for len(w.looks) > 2 && now.Sub(w.looks[1].at) >= window {
			w.looks = w.looks[1:]
		}
	}
	close(w.changed)
	w.changed = make(chan struct{})
	return err
}

func (w *watch) pause() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.looks) < 2 || w.now().Sub(w.wanted) < watchedFor {
		return lively
	}
	return idly
}

// house is the house as it was last seen, and a channel that closes at the next look.
func (w *watch) house() (h floorplan.House, next <-chan struct{}, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	if now.Sub(w.wanted) > lively {
		select {
		case w.hurry <- struct{}{}:
		default:
		}
	}
	w.wanted = now
	if len(w.looks) == 0 {
		return h, w.changed, w.problem
	}
	first, last := w.looks[0], w.looks[len(w.looks)-1]
	return floorplan.Build(w.table, first.survey, last.survey, last.at.Sub(first.at)), w.changed, w.problem
}

// await is house, and waits for the first look until ctx ends. When the last look was
// before anyone watched it waits for a new one, but not for long: looks last when a process
// hangs.
func (w *watch) await(ctx context.Context) (floorplan.House, error) {
	old, enough := w.now().Add(-2*lively), time.NewTimer(freshWithin)
	defer enough.Stop()
	for {
		h, next, err := w.house()
		if err != nil || len(h.Rooms) > 0 && !w.isFrom(old) {
			return h, err
		}
		select {
		case <-next:
		case <-enough.C:
			old = time.Time{}
		case <-ctx.Done():
			return h, ctx.Err()
		}
	}
}

// isFrom tells whether the last look was at a time or before.
func (w *watch) isFrom(at time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.looks) > 0 && !w.looks[len(w.looks)-1].at.After(at)
}
