package service

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"galleria/modules/orders/internal/order"
)

const (
	// claimFor is how long an order of a process that died is out of reach.
	claimFor = 2 * time.Second
	// cartPatience bounds the wait for a cart that nothing depends on.
	cartPatience = time.Second
	// The pause before an order left open is tried again doubles up to
	// longestPause, short enough that a module that came back is used within
	// seconds; and up to longestRefused when the other module does answer, but
	// not as it should.
	firstPause     = 250 * time.Millisecond
	longestPause   = 2 * time.Second
	longestRefused = time.Minute
)

// again are the pauses between the attempts of one step while somebody waits.
var again = []time.Duration{100 * time.Millisecond, 300 * time.Millisecond}

var (
	errLost   = errors.New("the order is driven by another")
	errDied   = errors.New("the checkout was cut off")
	errClosed = errors.New("orders is closing")
)

// run drives an order on until nothing is left to do or it must be left to
// recovery. The last order is as it was stored.
func (s *Service) run(ctx context.Context, d *drive, o *order.Order) (*order.Order, error) {
	for o.Open() {
		before := o.Status()
		err := s.advance(ctx, d, o)
		left := err != nil
		if left {
			s.leave(ctx, o, err)
			err = s.write(ctx, "leave", o)
		} else {
			err = s.keep(ctx, d, o, before)
		}
		switch {
		case errors.Is(err, order.ErrStale):
			// A guest cancelled or the shop sent it meanwhile: go on from there.
			if o, err = s.Store.ByID(context.WithoutCancel(ctx), o.ID()); err != nil {
				return nil, err
			}
			if !o.DrivenBy(d.name) {
				return nil, errLost
			}
		case err != nil:
			return nil, err
		case left:
			return o, nil
		}
		if o.Status().Settled() {
			d.decide()
		}
	}
	return o, nil
}

// advance takes the order one step on, in memory. An error leaves it as it was.
func (s *Service) advance(ctx context.Context, d *drive, o *order.Order) error {
	if o.Status().Undoing() {
		return s.undo(ctx, d, o)
	}
	if next := stepFor(o); next != nil {
		return s.forward(ctx, d, o, next)
	}
	return s.takeFromCart(ctx, o) // nothing else is open
}

// forward does the next step of the recipe or, when that is impossible,
// decides the way back.
func (s *Service) forward(ctx context.Context, d *drive, o *order.Order, next *step) error {
	promised := o.Status().Promised()
	if d.recovering && !promised && o.Age(s.Now()) > s.AbandonAfter {
		return o.Fail(order.Ending{Because: outageAt(o.Status())}, s.Now())
	}
	if o.Status() == order.Confirmed && o.CartPending() {
		s.tryCart(ctx, o)
	}
	limited, cancel := ctx, func() {}
	if !promised && !d.until.IsZero() {
		limited, cancel = context.WithDeadline(ctx, d.until)
	}
	defer cancel()
	err := s.patiently(limited, d, func() error { return next.do(s, limited, o) })
	var no *refusal
	switch {
	case errors.As(err, &no) && promised:
		s.Log.ErrorContext(ctx, "a confirmed order must be cancelled", "order", o.ID(), "step", next.name, "error", no.by)
		return o.Cancel(no.why, s.Now())
	case errors.As(err, &no):
		s.Log.InfoContext(ctx, "order refused", "order", o.ID(), "step", next.name, "because", no.why.Because, "error", no.by)
		return o.Fail(no.why, s.Now())
	case err == nil, ctx.Err() != nil, promised, d.recovering:
		return err
	}
	s.Log.WarnContext(ctx, "order given up for an outage", "order", o.ID(), "step", next.name, "error", err)
	return o.Fail(order.Ending{Because: outageAt(o.Status())}, s.Now())
}

// outageAt names the outage that stopped an order there.
func outageAt(status order.Status) string {
	if status == order.Accepted {
		return order.Unavailable
	}
	return order.PaymentUnavailable
}

// undo walks the recipe backwards from where the order once stood.
func (s *Service) undo(ctx context.Context, d *drive, o *order.Order) error {
	var back returned
	for _, done := range slices.Backward(recipe) {
		if done.undo == nil || !o.Reached(done.from) {
			continue
		}
		if err := s.patiently(ctx, d, func() error { return done.undo(s, ctx, o, &back) }); err != nil {
			return err
		}
	}
	return o.Undone(back.refunded, s.Now())
}

func (s *Service) tryCart(ctx context.Context, o *order.Order) {
	ctx, cancel := context.WithTimeout(ctx, cartPatience)
	defer cancel()
	if err := s.takeFromCart(ctx, o); err != nil {
		s.Log.WarnContext(ctx, "the cart keeps what was bought for now", "order", o.ID(), "error", err)
	}
}

// patiently repeats what a module did not answer, briefly: somebody waits.
// Recovery does not, it comes again.
func (s *Service) patiently(ctx context.Context, d *drive, do func() error) error {
	for attempt := 0; ; attempt++ {
		err := do()
		var no *refusal
		if err == nil || errors.As(err, &no) || !away(err) || d.recovering || attempt == len(again) {
			return err
		}
		select {
		case <-time.After(again[attempt]):
		case <-ctx.Done():
			return err
		}
	}
}

// keep stores a step and, with it, that the drive goes on or is over.
func (s *Service) keep(ctx context.Context, d *drive, o *order.Order, before order.Status) error {
	if o.Open() {
		o.Drive(d.name, s.Now().Add(claimFor))
	} else {
		o.Rest()
	}
	if o.Status() == before {
		return s.write(ctx, "taken", o)
	}
	return s.write(ctx, writeOf[o.Status()], o, factsOf(o, s.Now())...)
}

// writeOf names the write that stores a status.
var writeOf = map[order.Status]string{
	order.Reserved: "reserved", order.Confirmed: "confirm", order.Captured: "captured", order.Completed: "complete",
	order.Failing: "fail", order.Failed: "failed", order.Cancelling: "cancel", order.Cancelled: "cancelled",
}

// leave gives the order up to recovery, at once when only this process ends.
func (s *Service) leave(ctx context.Context, o *order.Order, cause error) {
	longest := longestPause
	if !away(cause) {
		longest = longestRefused
	}
	pause := min(firstPause<<min(o.Attempts(), 16), longest)
	pause = pause*3/4 + rand.N(pause/4)
	if ctx.Err() != nil {
		pause = 0
	}
	if o.Attempts() == 0 || longest == longestRefused {
		s.Log.WarnContext(ctx, "order left open", "order", o.ID(), "status", string(o.Status()), "again_in", pause, "error", cause)
	}
	o.Leave(s.Now().Add(pause))
	time.AfterFunc(pause, s.poke)
}

// write stores a change between its two points. A step that was taken is noted
// even if whoever wanted it is gone.
func (s *Service) write(ctx context.Context, name string, o *order.Order, facts ...proto.Message) error {
	s.Hook(name + ":before")
	if err := s.Store.Save(context.WithoutCancel(ctx), o, facts...); err != nil {
		return err
	}
	s.Hook(name + ":after")
	return nil
}

// claim takes an order nobody drives; false when somebody does.
func (s *Service) claim(ctx context.Context, d *drive, o *order.Order) (bool, error) {
	if !o.Free(s.Now()) {
		return false, nil
	}
	o.Drive(d.name, s.Now().Add(claimFor))
	err := s.write(ctx, "claim", o)
	if errors.Is(err, order.ErrStale) {
		return false, nil
	}
	return err == nil, err
}

// keepClaim makes the claim last as long as the drive, by which its context
// ends. A claim that is lost shows at the next write.
func (s *Service) keepClaim(ctx context.Context, d *drive, id string) {
	tick := time.NewTicker(claimFor / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if _, err := s.Store.Keep(ctx, id, d.name, s.Now().Add(claimFor)); err != nil && ctx.Err() == nil {
			s.Log.WarnContext(ctx, "claim not kept up", "order", id, "error", err)
		}
	}
}

// survive turns a panic on the way into the drive's error: the order is left
// as it was, and recovery finds it when the claim is over.
func (s *Service) survive(ctx context.Context, d *drive, id string) {
	if value := recover(); value != nil {
		s.Log.ErrorContext(ctx, "a checkout panicked", "order", id, "panic", value, "stack", string(debug.Stack()))
		d.err = fmt.Errorf("drive order %s: panic: %v", id, value)
	}
}

func (s *Service) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}
