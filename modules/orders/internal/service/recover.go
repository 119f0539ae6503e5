package service

import (
	"context"
	"errors"
	"sync"
)

const (
	// recoverAtOnce bounds how many orders are recovered at a time: the rest of
	// the shop goes on meanwhile.
	recoverAtOnce = 16
	recoverBatch  = 64
)

// Recover ends what crashes and outages left open: it drives on the orders
// nobody drives, and gives up those that were never confirmed and are too old.
// It runs until ctx ends.
func (s *Service) Recover(ctx context.Context) error {
	places := make(chan struct{}, recoverAtOnce)
	var driving sync.WaitGroup
	defer driving.Wait()
	for {
		if err := s.sweep(ctx, places, &driving); err != nil && ctx.Err() == nil {
			s.Log.WarnContext(ctx, "recovery failed and is tried again", "error", err)
		}
		if !s.Pace.Rest(ctx, s.wake) {
			return nil
		}
	}
}

// sweep begins to drive every order that is due.
func (s *Service) sweep(ctx context.Context, places chan struct{}, driving *sync.WaitGroup) error {
	for {
		due, err := s.Store.Due(ctx, s.Now(), recoverBatch)
		if err != nil {
			return err
		}
		for _, o := range due {
			select {
			case places <- struct{}{}:
			case <-ctx.Done():
				return ctx.Err()
			}
			d := newDrive()
			d.recovering = true
			claimed, err := s.claim(ctx, d, o)
			if !claimed {
				<-places
				if err != nil {
					return err
				}
				continue
			}
			s.start(ctx, d, o)
			driving.Go(func() {
				defer func() { <-places }()
				<-d.ended
				if d.err != nil && !errors.Is(d.err, errLost) && !errors.Is(d.err, errClosed) {
					s.Log.ErrorContext(ctx, "recovery of an order failed and is tried again", "order", o.ID(), "error", d.err)
				}
			})
		}
		if len(due) < recoverBatch {
			return nil
		}
	}
}
