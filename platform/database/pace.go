package database

import (
	"context"
	"time"

	"galleria/platform/lifecycle"
)

// Pace says when to look at a database again: soon after something changed, and
// more and more seldom while nothing does. An idle program would spend most of
// its time on looks that find nothing.
//
// Only work of one goroutine uses it.
type Pace struct {
	db            *DB
	changed       <-chan struct{}
	unlisten      func()
	often, gather time.Duration
	next          time.Duration
}

// While nothing changes and no other process has the database open, a look comes
// this many times as seldom as asked for, but no later than slowestPace, unless
// that is what was asked for.
const (
	idleFactor  = 10
	slowestPace = 5 * time.Second
)

// Pace makes a pace for work of a kind, as it is announced; "": any commit may
// mean work. often is the time between two looks while other processes can change
// the database unseen; gather how long after a commit of this process a look
// comes, so that what commits together is found together. Call End when the work ends.
func (d *DB) Pace(kind string, often, gather time.Duration) *Pace {
	changed, unlisten := d.Committed(kind)
	return &Pace{db: d, changed: changed, unlisten: unlisten, often: often, gather: gather, next: often}
}

// End is called when the work ends. A pace that is not ended listens for commits until
// the database is closed.
func (p *Pace) End() { p.unlisten() }

// Rest waits until it is time to look, or for one of the signals given. It returns
// false when ctx has ended.
func (p *Pace) Rest(ctx context.Context, signal <-chan struct{}) bool {
	if !p.db.heart.isAlone() {
		p.next = p.often
	}
	timer := time.NewTimer(lifecycle.Together(p.next))
	defer timer.Stop()
	select {
	case <-timer.C:
		p.next = max(p.often, min(2*p.next, idleFactor*p.often, slowestPace))
	case <-signal:
		p.next = p.often
	case <-p.changed:
		p.next = p.often
		timer.Reset(p.gather)
		select {
		case <-timer.C:
		case <-signal:
		case <-ctx.Done():
		}
	case <-ctx.Done():
	}
	return ctx.Err() == nil
}
