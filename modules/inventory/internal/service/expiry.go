package service

import (
	"context"
	"time"
)

// One transaction expires at most this many, so that shoppers need not wait
// long behind it.
const expiryBatch = 100

// Expire puts overdue goods back on the shelf, looking every so often, until
// ctx ends.
func (s *Service) Expire(ctx context.Context, every time.Duration) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		n, err := s.store.Expire(ctx, s.now(), expiryBatch)
		if err != nil {
			return err
		}
		if n == expiryBatch {
			continue
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
