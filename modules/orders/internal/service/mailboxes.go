package service

import (
	"context"
	"time"
)

// FillMailboxes fills in the mailbox of orders that an earlier program stored, until ctx
// ends: of those that were there before, and of those that its processes still store
// while the program is replaced.
func (s *Service) FillMailboxes(ctx context.Context) error {
	const often, batch = time.Hour, 500
	for {
		for {
			filled, err := s.Store.FillMailboxes(ctx, batch)
			if err != nil && ctx.Err() == nil {
				s.Log.WarnContext(ctx, "could not fill in the mailboxes of orders that an earlier program stored; tries again in an hour", "error", err)
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
