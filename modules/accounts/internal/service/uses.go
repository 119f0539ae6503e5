package service

import (
	"context"
	"sync"
	"time"

	"galleria/modules/accounts/internal/store"
	"galleria/platform/lifecycle"
)

// uses are when sessions and keys were used, until that is written down: not at each
// request, which would make a write of every page.
type uses struct {
	mu             sync.Mutex
	sessions, keys map[string]store.Use
}

func newUses() *uses {
	return &uses{sessions: map[string]store.Use{}, keys: map[string]store.Use{}}
}

// mostUses bounds the memory: beyond it, what is not written down yet is lost, and a
// session counts as unused a minute longer.
const mostUses = 100_000

func (u *uses) session(digest string, use store.Use) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.sessions) < mostUses {
		u.sessions[digest] = use
	}
}

func (u *uses) key(id string, at time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.keys[id] = store.Use{At: at}
}

func (u *uses) take() (sessions, keys map[string]store.Use) {
	u.mu.Lock()
	defer u.mu.Unlock()
	sessions, keys = u.sessions, u.keys
	u.sessions, u.keys = map[string]store.Use{}, map[string]store.Use{}
	return sessions, keys
}

// NoteUses writes down now and then when sessions and keys were used, and once more
// when ctx ends.
func (s *Service) NoteUses(ctx context.Context, every time.Duration) error {
	for {
		ended := lifecycle.Pause(ctx, every)
		sessions, keys := s.uses.take()
		if err := s.store.NoteUses(context.WithoutCancel(ctx), sessions, keys); err != nil {
			return err
		}
		if ended != nil {
			return ended
		}
	}
}
