package service

import (
	"context"
	"time"
)

// Ages are after how long what is kept: Unpaid payments as a whole, Addresses of
// sessions that ended.
type Ages struct{ Unpaid, Addresses time.Duration }

// forgetBatch is what one write forgets.
const forgetBatch = 500

// Forget deletes payments that ended unpaid, and the sandbox's memory of them, and the
// addresses of pages that ended, once they are as old as given, until ctx ends.
func (s *Service) Forget(ctx context.Context, after Ages, every time.Duration) error {
	pause := time.NewTicker(every)
	defer pause.Stop()
	for {
		if err := s.forgetOld(ctx, after); err != nil {
			return err
		}
		select {
		case <-pause.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s *Service) forgetOld(ctx context.Context, after Ages) error {
	for _, old := range []struct {
		forget func(ctx context.Context, before time.Time, most int) (int64, error)
		age    time.Duration
	}{
		{s.Store.Forget, after.Unpaid},
		{s.Sandbox.Forget, after.Unpaid},
		{s.Sandbox.ForgetAddresses, after.Addresses},
	} {
		for gone := int64(forgetBatch); gone == forgetBatch; {
			var err error
			if gone, err = old.forget(ctx, s.Now().Add(-old.age), forgetBatch); err != nil {
				return err
			}
		}
	}
	return nil
}
