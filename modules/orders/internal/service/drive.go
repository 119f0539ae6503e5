package service

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"strings"
	"time"

	"google.golang.org/grpc/status"

	"galleria/modules/orders/internal/order"
)

const (
	// arrangeFor bounds the steps of a checkout that its caller may wait for.
	arrangeFor = 7500 * time.Millisecond
	// headStart is how long a new order is left to the process that placed it,
	// before the driver of any process takes it: longer than arrangeFor.
	headStart = 15 * time.Second
	// The pause before something is tried again doubles up to longestPause.
	firstPause   = 250 * time.Millisecond
	longestPause = time.Minute
	// refundPause is how often a refund is asked about that the provider has
	// accepted and not settled; its event usually comes before.
	refundPause = time.Hour
)

// again are the pauses between the attempts of one step while a caller waits.
var again = []time.Duration{100 * time.Millisecond, 300 * time.Millisecond}

// drive is one stretch of work on one order in this process. Two processes, or
// a drive and a decision, may work on one order at once: every call may be
// repeated, and of two changes one is stored, upon which the other begins anew
// from there. So that is rare, and costs no more than the calls.
type drive struct {
	// more: something changed since the drive began, look again.
	more bool
	// until bounds the steps of a checkout.
	until time.Time
	// fresh: the order was placed just now by this process.
	fresh bool
}

// start drives an order in the background. o may be nil: it is read. An order
// that is driven already is looked at again afterwards.
func (s *Service) start(ctx context.Context, id string, o *order.Order, d *drive, ended func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if already := s.driven[id]; already != nil {
		already.more = true
		ended()
		return
	}
	if s.closed {
		ended()
		return
	}
	s.driven[id] = d
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(s.life, cancel)
	s.running.Go(func() {
		defer ended()
		defer cancel()
		defer stop()
		defer s.finish(id)
		defer s.survive(ctx, id)
		for {
			if err := s.run(ctx, d, id, o); err != nil && ctx.Err() == nil {
				s.Log.ErrorContext(ctx, "an order could not be driven on and is tried again", "order", id, "error", err)
			}
			s.mu.Lock()
			more := d.more
			d.more, d.fresh, o = false, false, nil
			s.mu.Unlock()
			if !more || ctx.Err() != nil {
				return
			}
		}
	})
}

func (s *Service) finish(id string) {
	s.mu.Lock()
	more := s.driven[id].more
	delete(s.driven, id)
	s.mu.Unlock()
	s.changed(id, nil)
	if more {
		s.poke()
	}
}

// survive turns a panic on the way into a line of the log: the order is left
// as it was stored, and the driver finds it again.
func (s *Service) survive(ctx context.Context, id string) {
	if value := recover(); value != nil {
		s.Log.ErrorContext(ctx, "driving an order panicked", "order", id, "panic", value, "stack", string(debug.Stack()))
	}
}

// run takes an order as far as it goes.
func (s *Service) run(ctx context.Context, d *drive, id string, o *order.Order) (err error) {
	for ctx.Err() == nil {
		if o == nil {
			if o, err = s.Store.ByID(ctx, id); err != nil {
				return err
			}
			d.fresh = false
		}
		if due := o.Snapshot().DueAt; !d.fresh && (due.IsZero() || due.After(s.Now()) && o.Status() != order.Placing) {
			return nil // nothing to do, or not now
		}
		err = s.advance(ctx, d, o)
		if ctx.Err() != nil {
			return nil // left as it was: the next process goes on
		}
		name := nameOf(o)
		if err != nil {
			s.delay(ctx, o, err)
			name = "delay"
		}
		err = s.save(ctx, name, o)
		if errors.Is(err, order.ErrStale) {
			o = nil // another decision was stored meanwhile: go on from there
			continue
		}
		if err != nil {
			return err
		}
		if due := o.Snapshot().DueAt; due.IsZero() || due.After(s.Now()) {
			return nil
		}
		d.fresh = false
	}
	return nil
}

// advance takes an order one step on, in memory: an error is no answer.
func (s *Service) advance(ctx context.Context, d *drive, o *order.Order) error {
	if o.Status() == order.Placing {
		return s.place(ctx, d, o)
	}
	return s.doChores(ctx, o)
}

// nameOf is the point of the write that stores what was done.
func nameOf(o *order.Order) string {
	switch now := o.Status(); {
	case now == o.Was().Status && now == order.Placing:
		return "waiting"
	case now == o.Was().Status:
		return "done"
	case now == order.Open:
		return "open"
	case now == order.Failed:
		return "fail"
	}
	return "cancel"
}

// delay says when to try again, or asks for an operator when that went on for
// too long.
func (s *Service) delay(ctx context.Context, o *order.Order, cause error) {
	attempts := o.Snapshot().Attempts
	if attempts >= s.mostAttempts() {
		o.GiveUp(fmt.Sprintf("it was tried for %s: %s", s.GiveUp, brief(cause)), s.Now())
		s.Log.ErrorContext(ctx, "an order needs attention", "order", o.ID(), "status", string(o.Status()), "error", cause)
		return
	}
	pause := min(firstPause<<min(attempts, 16), longestPause)
	pause = pause*3/4 + rand.N(pause/4)
	if attempts == 0 || pause > longestPause/2 && attempts%30 == 0 {
		s.Log.WarnContext(ctx, "an order can't be driven on now", "order", o.ID(), "status", string(o.Status()), "again_in", pause, "error", cause)
	}
	o.Delay(s.Now().Add(pause))
	time.AfterFunc(pause, s.poke)
}

// mostAttempts is how many pauses make GiveUp.
func (s *Service) mostAttempts() int { return 8 + int(s.GiveUp/longestPause) }

// patiently repeats what a module did not answer, briefly: a caller waits.
func (s *Service) patiently(ctx context.Context, do func() error) error {
	for attempt := 0; ; attempt++ {
		err := do()
		if err == nil || refusalOf(err) != nil || errors.Is(err, errPaid) || attempt == len(again) {
			return err
		}
		select {
		case <-time.After(again[attempt]):
		case <-ctx.Done():
			return err
		}
	}
}

func (s *Service) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// brief is a cause as an operator reads it in a list: of another module's answer, what
// it says.
func brief(err error) string {
	text := err.Error()
	var answer interface {
		error
		GRPCStatus() *status.Status
	}
	if errors.As(err, &answer) {
		text = strings.Replace(text, answer.Error(), answer.GRPCStatus().Message(), 1)
	}
	if len(text) > 300 {
		text = text[:300] + "…"
	}
	return text
}
