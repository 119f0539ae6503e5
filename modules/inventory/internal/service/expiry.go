package service

import (
	"context"
	"time"
)

// One transaction expires or removes at most this many, so that shoppers need not
// wait long behind it.
const batch = 100

// Expire gives back goods whose hold has ended, looking every so often, until ctx
// ends.
func (s *Service) Expire(ctx context.Context, every time.Duration) error {
	return s.work(ctx, every, func() (int, error) { return s.store.Expire(ctx, s.now(), batch) })
}

// ExpireNow gives back all goods whose hold has ended by now.
func (s *Service) ExpireNow(ctx context.Context) error {
	for {
		if n, err := s.store.Expire(ctx, s.now(), batch); err != nil || n < batch {
			return err
		}
	}
}

// Forget removes what is over for longer than after, looking every so often, until
// ctx ends.
func (s *Service) Forget(ctx context.Context, after, every time.Duration) error {
	return s.work(ctx, every, func() (int, error) { return s.store.Forget(ctx, s.now().Add(-after), batch) })
}

func (s *Service) work(ctx context.Context, every time.Duration, do func() (int, error)) error {
	pace := s.store.Pace(every)
	defer pace.End()
	for {
		n, err := do()
		if err != nil {
			return err
		}
		if n == batch {
			continue
		}
		if !pace.Rest(ctx, nil) {
			return ctx.Err()
		}
	}
}
