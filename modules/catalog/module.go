package catalog

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"galleria/modules/catalog/internal/service"
	"galleria/modules/catalog/internal/store"
	"galleria/platform/config"
	"galleria/platform/database"
	"galleria/platform/module"
)

// Name is the module's name.
const Name = "catalog"

// Config is the catalog's configuration.
type Config struct {
	Poll time.Duration `yaml:"poll" doc:"how often to look for changes other processes made; bounds how stale a page can be"`
}

// DefaultConfig shows changes of other processes well within a second.
func DefaultConfig() Config { return Config{Poll: 200 * time.Millisecond} }

// Validate finds what is wrong with the configuration.
func (c Config) Validate() error {
	if c.Poll < time.Millisecond || c.Poll > time.Minute {
		return config.At("poll", "is between 1ms and 1m")
	}
	return nil
}

// Needs is what the catalog calls: nothing.
type Needs struct{}

// New loads the catalog and makes the module.
func New(h module.Host, _ Needs, cfg Config) (*module.Instance, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("catalog: %w", err)
	}
	s, err := service.New(context.Background(), store.New(h.DB), h.Now)
	if err != nil {
		return nil, fmt.Errorf("catalog: %w", err)
	}
	return &module.Instance{
		Server: s,
		Run: func(ctx context.Context) error {
			pace := h.DB.Pace("", cfg.Poll, cfg.Poll)
			defer pace.End()
			return follow(ctx, s, h.Log, pace)
		},
	}, nil
}

// follow keeps memory up to date with what other processes write. While the
// database is away pages are served from memory, as it was; that is logged
// when it begins and when it ends.
func follow(ctx context.Context, s *service.Service, log *slog.Logger, pace *database.Pace) error {
	failing := false
	for look := 0; pace.Rest(ctx, nil); look++ {
		err := s.Poll(ctx, look)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && !failing:
			log.Error("the catalog in memory can't be kept up to date", "error", err)
		case err == nil && failing:
			log.Info("the catalog in memory is up to date again")
		}
		failing = err != nil
	}
	return ctx.Err()
}
