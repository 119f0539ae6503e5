package service

import (
	"context"
	"log/slog"
	"sync"
	"time"

	settingsv1 "galleria/modules/settings/v1"
)

const (
	// fresh is how long the shop's name is not asked for again.
	fresh = time.Second
	// askTime is how long a letter waits for the name. It is written anyway.
	askTime = 500 * time.Millisecond
)

// Shop is what the staff call the shop. It keeps what the module settings said last, and
// goes on with it while that module is away. Safe for concurrent use.
type Shop struct {
	settings settingsv1.SettingsServiceClient
	now      func() time.Time
	log      *slog.Logger

	mu      sync.Mutex
	name    string
	version int64 // of the settings that have this name
	askedAt time.Time
	failing bool // the last question
}

// NewShop makes a shop that was not heard of yet.
func NewShop(settings settingsv1.SettingsServiceClient, now func() time.Time, log *slog.Logger) *Shop {
	return &Shop{settings: settings, now: now, log: log}
}

// Name is what the shop is called, a second old at most while settings answers; "" while
// its staff set no name, or none was heard of yet.
func (s *Shop) Name(ctx context.Context) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if !s.askedAt.IsZero() && now.Sub(s.askedAt) < fresh {
		return s.name
	}
	s.askedAt = now
	ctx, done := context.WithTimeout(ctx, askTime)
	defer done()
	said, err := s.settings.GetSettings(ctx, &settingsv1.GetSettingsRequest{KnownVersion: s.version})
	if err != nil && !s.failing {
		s.log.WarnContext(ctx, "the shop's name can't be asked for; mails have the one that was known", "error", err)
	}
	s.failing = err != nil
	if said.GetSettings() != nil {
		s.name, s.version = said.GetSettings().GetName(), said.GetVersion()
	}
	return s.name
}
