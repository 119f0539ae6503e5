package service

import (
	"context"
	"time"
)

const (
	// driveAtOnce bounds how many due orders are driven at a time: the rest of
	// the shop goes on meanwhile.
	driveAtOnce = 16
	dueBatch    = 64
	// triesPerSecond bounds how many orders are tried again that failed before:
	// an outage of an hour with thousands of open orders costs no more.
	triesPerSecond = 20
)

// Pace says when the driver looks for due orders: Rest returns when it is to look again, at
// the signal or before; false when ctx has ended.
type Pace interface {
	Rest(ctx context.Context, signal <-chan struct{}) bool
}

// Drive takes due orders from the table and goes on with them, until ctx ends.
// One process does it at a time; new orders are driven by the process that
// placed them.
func (s *Service) Drive(ctx context.Context, pace Pace) error {
	places := make(chan struct{}, driveAtOnce)
	var second time.Time
	left := 0
	for {
		if now := time.Now(); now.Sub(second) >= time.Second {
			second, left = now, triesPerSecond
		}
		err := s.sweep(ctx, places, false, dueBatch)
		if err == nil && left > 0 {
			var tried int
			tried, err = s.sweepSome(ctx, places, true, left)
			left -= tried
		}
		if err != nil && ctx.Err() == nil {
			s.Log.WarnContext(ctx, "looking for due orders failed and is tried again", "error", err)
		}
		if !pace.Rest(ctx, s.wake) {
			return nil
		}
	}
}

// sweep begins to drive all orders that are due.
func (s *Service) sweep(ctx context.Context, places chan struct{}, tried bool, batch int) error {
	for {
		n, err := s.sweepSome(ctx, places, tried, batch)
		if err != nil || n < batch {
			return err
		}
	}
}

// sweepSome drives up to a batch of orders and says how many began.
func (s *Service) sweepSome(ctx context.Context, places chan struct{}, tried bool, batch int) (began int, err error) {
	due, err := s.Store.Due(ctx, s.Now(), tried, batch)
	if err != nil {
		return 0, err
	}
	for _, id := range due {
		if s.drives(id) {
			continue
		}
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
			return began, ctx.Err()
		}
		s.start(ctx, id, nil, &drive{}, func() { <-places })
		began++
	}
	return began, nil
}

// drives says whether this process works on an order just now.
func (s *Service) drives(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.driven[id] != nil
}

// rememberBought is how long it is known of a cart that things were taken out of it: longer
// than any checkout takes.
const rememberBought = time.Hour

// Forget deletes orders that were never paid, some time after, and what is known of carts
// for a while only, until ctx ends.
func (s *Service) Forget(ctx context.Context) error {
	const often, batch = time.Hour, 500
	for {
		for {
			gone, err := s.Store.Forget(ctx, s.Now().Add(-s.KeepFailed), batch)
			if err != nil && ctx.Err() == nil {
				s.Log.WarnContext(ctx, "deleting failed orders failed and is tried again", "error", err)
			}
			if gone < batch {
				break
			}
		}
		if _, err := s.Store.ForgetPersons(ctx); err != nil && ctx.Err() == nil {
			s.Log.WarnContext(ctx, "forgetting customers who deleted their accounts failed and is tried again", "error", err)
		}
		if err := s.Store.ForgetBought(ctx, s.Now().Add(-rememberBought)); err != nil && ctx.Err() == nil {
			s.Log.WarnContext(ctx, "forgetting what was bought from carts failed and is tried again", "error", err)
		}
		select {
		case <-time.After(often):
		case <-ctx.Done():
			return nil
		}
	}
}
