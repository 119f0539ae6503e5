package service

import (
	"context"
	"time"
)

const (
	// forgetEvery is how often old mails are looked for.
	forgetEvery = time.Hour
	// forgetBatch is what one write deletes.
	forgetBatch = 500
)

// Forget deletes mails that were sent or refused for good longer ago than keep, now and
// every hour, until ctx ends. It fails only with the database.
func (s *Service) Forget(ctx context.Context, keep time.Duration) error {
	pause := time.NewTicker(forgetEvery)
	defer pause.Stop()
	for {
		if err := s.forgetOld(ctx, keep); err != nil {
			return err
		}
		select {
		case <-pause.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s *Service) forgetOld(ctx context.Context, keep time.Duration) error {
	before := s.now().Add(-keep)
	for gone := int64(forgetBatch); gone == forgetBatch; {
		var err error
		if gone, err = s.store.Forget(ctx, before, forgetBatch); err != nil {
			return err
		}
	}
	return nil
}
