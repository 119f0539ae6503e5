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
	// MaxUnpaidShare bounds what an order that is not paid can keep from others.
	MaxUnpaidShare float64 `yaml:"max_unpaid_share" doc:"the share of a product's available pieces that one order not yet paid may hold, above 0, up to 1; 10 pieces at least"`
	// LowAt is how few pieces of a product are so few that StockLow is published.
	LowAt int64 `yaml:"low_at" doc:"when what is available of a product falls to this or below, the shop says so (StockLow, the webhook stock.low), once until it rose above again"`
	// ExpireEvery is how often ended holds are looked for.
	ExpireEvery time.Duration `yaml:"expire_every" doc:"how often holds that have ended are looked for; up to 5s while the shop is idle"`
	// RememberFor is how long repeats are known.
	RememberFor time.Duration `yaml:"remember_for" doc:"how long orders that keep no goods any more, and idempotency keys, are remembered; repeats are known so long"`
}

// DefaultConfig lets an unpaid order hold half of what there is.
func DefaultConfig() Config {
	return Config{MaxUnpaidShare: 0.5, LowAt: 5, ExpireEvery: time.Second, RememberFor: 90 * 24 * time.Hour}
}

// Validate finds values that can't work.
func (c Config) Validate() error {
	var errs []error
	if !(c.MaxUnpaidShare > 0 && c.MaxUnpaidShare <= 1) {
		errs = append(errs, config.At("max_unpaid_share", "must be above 0, up to 1"))
	}
	if c.LowAt < 0 {
		errs = append(errs, config.At("low_at", "must be at least 0, not %d; 0: when nothing is left", c.LowAt))
	}
	if c.ExpireEvery < time.Millisecond {
		errs = append(errs, config.At("expire_every", "must be at least 1ms"))
	}
	if c.RememberFor < 24*time.Hour {
		errs = append(errs, config.At("remember_for", "must be at least 24h: repeats that come later would be taken for new"))
	}
	return errors.Join(errs...)
}

// Needs are the modules inventory calls: none.
type Needs struct{}

// forgetEvery is how often what is long over is looked for.
const forgetEvery = 10 * time.Minute

// New makes the module, ready to serve.
func New(h module.Host, _ Needs, cfg Config) (*module.Instance, error) {
	if h.DB == nil {
		return nil, errors.New("inventory: it needs a database")
	}
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	s := service.New(store.New(h.DB, cfg.MaxUnpaidShare, cfg.LowAt), h.Now)
	return &module.Instance{
		Server: s,
		Work: map[string]func(context.Context) error{
			"expiry":    func(ctx context.Context) error { return s.Expire(ctx, cfg.ExpireEvery) },
			"retention": func(ctx context.Context) error { return s.Forget(ctx, cfg.RememberFor, forgetEvery) },
		},
	}, nil
}
