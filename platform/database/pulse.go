package database

import (
	"context"
	"sync"
	"time"

	"galleria/platform/lifecycle"
)

// pulse is a sign of life: others see that it beats, or that its process is
// gone, and neither costs a write to the database. Renewing rows instead would
// keep the disk of an idle program busy.
type pulse interface {
	// beat changes what others see. After an error they may see nothing.
	beat(ctx context.Context) error
	stop()
}

// heart beats the pulse of one open database, and watches over the leases that
// depend on it.
//
//	beating ──beat fails, or comes too late──> stopped: the leases are lost
//	   ▲                                          │
//	   └───────────── a new pulse ────────────────┘
type heart struct {
	db    *DB
	every time.Duration
	end   context.CancelFunc
	ended chan struct{}

	pulse  pulse       // of run alone; nil while there is none
	expiry *time.Timer // ends the leases shortly before others take them

	mu      sync.Mutex
	beating bool
	alone   bool                               // no other process had the database open a beat ago
	leases  map[*lease]context.CancelCauseFunc // those work runs under
	readAt  time.Time                          // when the last read that succeeded began
}

// newHeart goes on beating the pulse that was started.
func newHeart(d *DB, started pulse) *heart {
	living, end := context.WithCancel(context.Background())
	h := &heart{
		db: d, every: d.options.LeaseTTL * 2 / 5, end: end, ended: make(chan struct{}),
		pulse: started, beating: true, leases: map[*lease]context.CancelCauseFunc{},
	}
	h.expiry = time.AfterFunc(h.patience(), h.tooLate)
	go h.run(living)
	return h
}

// patience is the time from one beat within which the next one must come. The
// margin lets work stop before the next holder starts.
func (h *heart) patience() time.Duration { return h.db.options.LeaseTTL * 9 / 10 }

func (h *heart) stop() {
	h.end()
	<-h.ended
}

func (h *heart) run(ctx context.Context) {
	defer close(h.ended)
	defer h.expiry.Stop()
	again := time.NewTimer(lifecycle.Together(h.every))
	defer again.Stop()
	failed := false
	for {
		select {
		case <-ctx.Done():
			if h.pulse != nil {
				h.pulse.stop()
			}
			return
		case <-again.C:
		}
		next := time.Now().Add(lifecycle.Together(h.every))
		err := h.once(ctx)
		again.Reset(time.Until(next)) // also when the database took its time
		if err != nil && ctx.Err() == nil && !failed {
			h.db.options.Log.Error("others can't see that this process is alive: it gives up its leases", "error", withoutValues(err))
		}
		failed = err != nil
	}
}

// once beats, with a new pulse if the old one failed.
func (h *heart) once(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, h.every)
	defer cancel()
	began := time.Now()
	if h.pulse == nil {
		fresh, err := h.db.engine.startPulse(ctx, h.db.id)
		if err != nil {
			return err
		}
		h.pulse = fresh
		// Others may have taken this process for dead and struck it off.
		if err := h.db.enlist(ctx); err != nil {
			h.fail()
			return err
		}
	} else if err := h.pulse.beat(ctx); err != nil {
		h.fail()
		return err
	}
	h.mu.Lock()
	h.beating = true
	h.mu.Unlock()
	h.expiry.Reset(time.Until(began.Add(h.patience())))
	h.checkLeases(ctx)
	return nil
}

func (h *heart) fail() {
	h.pulse.stop()
	h.pulse = nil
	h.tooLate()
}

// tooLate ends all work under leases: others may take them from now on.
func (h *heart) tooLate() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.beating = false
	for l, stop := range h.leases {
		h.db.options.Log.Error("lease lost: not renewed in time", "lease", l.name)
		stop(errNotRenewed)
	}
}

// checkLeases ends work whose lease another one took.
func (h *heart) checkLeases(ctx context.Context) {
	h.mu.Lock()
	held := len(h.leases)
	h.mu.Unlock()
	if held == 0 {
		h.setAlone(false)
		return
	}
	asked := time.Now()
	var rows []struct{ Token, Holders int64 }
	err := h.db.Read(ctx).Raw("SELECT token, (SELECT COUNT(*) FROM holders) AS holders FROM leases WHERE holder = ?", h.db.id).Scan(&rows).Error
	h.setAlone(err == nil && len(rows) > 0 && rows[0].Holders == 1)
	if err != nil {
		return // logged by the handle; a write under the lease asks again
	}
	h.mu.Lock()
	h.readAt = asked
	h.mu.Unlock()
	there := map[int64]bool{}
	for _, row := range rows {
		there[row.Token] = true
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for l, stop := range h.leases {
		if !there[l.token] && l.since.Before(asked) {
			l.lose(stop)
		}
	}
}

// setAlone notes whether another process has the database open. Work that rests
// because nothing changes is woken when one comes: its changes are not told.
func (h *heart) setAlone(alone bool) {
	h.mu.Lock()
	came := h.alone && !alone
	h.alone = alone
	h.mu.Unlock()
	if came {
		h.db.tell(func(*listener) bool { return true })
	}
}

func (h *heart) isAlone() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.alone
}

// hasJustRead tells whether a read succeeded within the time of a beat.
func (h *heart) hasJustRead() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Since(h.readAt) < h.every
}

// begin notes that work begins under a lease. false: the lease may be lost
// already, for the heart stopped.
func (h *heart) begin(l *lease, stop context.CancelCauseFunc) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.beating {
		l.since = time.Now()
		h.leases[l] = stop
	}
	return h.beating
}

func (h *heart) finish(l *lease) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.leases, l)
}

// runs tells whether work runs here under the lease with this token.
func (h *heart) runs(token int64) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for l := range h.leases {
		if l.token == token {
			return true
		}
	}
	return false
}

// lost ends the work of a lease of which a write learned that it is lost.
func (h *heart) lost(l *lease) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if stop, running := h.leases[l]; running {
		l.lose(stop)
	}
}

// observer watches whether another holder lives, by its pulse alone: no clock
// of its machine or of the database's is asked, so none can be wrong.
type observer struct {
	id, beat string
	since    time.Time // when the beat was first seen
}

// gone tells whether a holder has died, or has not moved for a whole lease time.
func (o *observer) gone(ctx context.Context, d *DB, id string) (bool, error) {
	beat, err := d.engine.feel(ctx, nil, id)
	if err != nil {
		return false, err
	}
	if beat == "" {
		return true, nil
	}
	if o.id != id || o.beat != beat {
		*o = observer{id, beat, time.Now()}
	}
	return time.Since(o.since) >= d.options.LeaseTTL, nil
}
