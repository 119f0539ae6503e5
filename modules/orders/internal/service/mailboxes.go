package service

import (
	"context"
	"time"
)

// FillMailboxes notes of orders that an earlier program stored whose they are, until ctx
// ends: those that were there before, and those that processes of it still store while
// the program is replaced.
func (s *Service) FillMailboxes(ctx context.Context) error {
	const often, batch = time.Hour, 500
	for {
		for {
			filled, err := s.Store.FillMailboxes(ctx, batch)
			if err != nil && ctx.Err() == nil {
				s.Log.WarnContext(ctx, "noting whose orders are failed and is tried again", "error", err)
			}
			if filled < batch {
				break
			}
		}
		select {
		case <-time.After(often):
		case <-ctx.Done():
			return nil
		}
	}
}
