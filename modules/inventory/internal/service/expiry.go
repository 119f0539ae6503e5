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
	pace := s.store.Pace(every)
	for {
		n, err := s.store.Expire(ctx, s.now(), expiryBatch)
		if err != nil {
			return err
		}
		if n == expiryBatch {
			continue
		}
		if !pace.Rest(ctx, nil) {
			return ctx.Err()
		}
	}
}
