package inventory

import (
	"context"
	"errors"
	"time"

	"galleria/modules/inventory/internal/service"
	"galleria/modules/inventory/internal/store"
	"galleria/platform/config"
	"galleria/platform/module"
)

// Name is the module's name.
const Name = "inventory"

// Config is what an operator may change.
type Config struct {
	// HoldFor is how long an order's goods are held until they are sold.
	HoldFor time.Duration `yaml:"hold_for" doc:"goods reserved for an order go back to the shelf after this"`
	// ExpireEvery is how often overdue goods are looked for.
	ExpireEvery time.Duration `yaml:"expire_every" doc:"how often overdue reservations are looked for; up to 5s while the shop is idle"`
}

// DefaultConfig holds goods for half an hour.
func DefaultConfig() Config {
	return Config{HoldFor: 30 * time.Minute, ExpireEvery: time.Second}
}

// Validate finds values that can't work.
func (c Config) Validate() error {
	var errs []error
	if c.HoldFor < time.Millisecond {
		errs = append(errs, config.At("hold_for", "must be at least 1ms"))
	}
	if c.ExpireEvery < time.Millisecond {
		errs = append(errs, config.At("expire_every", "must be at least 1ms"))
	}
	return errors.Join(errs...)
}

// Needs are the modules inventory calls: none.
type Needs struct{}

// New makes the module, ready to serve.
func New(h module.Host, _ Needs, cfg Config) (*module.Instance, error) {
	if h.DB == nil {
		return nil, errors.New("inventory: it needs a database")
	}
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	s := service.New(store.New(h.DB), h.Now, cfg.HoldFor)
	return &module.Instance{
		Server: s,
		Work: map[string]func(context.Context) error{
			"expiry": func(ctx context.Context) error { return s.Expire(ctx, cfg.ExpireEvery) },
		},
	}, nil
}
