package cart

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"galleria/modules/cart/internal/service"
	"galleria/modules/cart/internal/store"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/config"
	"galleria/platform/module"
)

// Name is the module's name.
const Name = "cart"

// Config is the cart's configuration.
type Config struct {
	Lifetime time.Duration `yaml:"lifetime" doc:"a cart is forgotten this long after its last change"`
	Sweep    time.Duration `yaml:"sweep" doc:"how often forgotten carts are deleted from the database"`
}

// DefaultConfig keeps carts for 30 days.
func DefaultConfig() Config {
	return Config{Lifetime: 30 * 24 * time.Hour, Sweep: 10 * time.Minute}
}

// Validate finds what is wrong with the configuration.
func (c Config) Validate() error {
	var findings []error
	if c.Lifetime < time.Minute {
		findings = append(findings, config.At("lifetime", "is at least 1m"))
	}
	if c.Sweep < time.Second {
		findings = append(findings, config.At("sweep", "is at least 1s"))
	}
	return errors.Join(findings...)
}

// Needs is what the cart calls.
type Needs struct {
	// Catalog says what is sold, and at what price.
	Catalog catalogv1.CatalogServiceClient
}

// New makes the module.
func New(h module.Host, needs Needs, cfg Config) (*module.Instance, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("cart: %w", err)
	}
	if needs.Catalog == nil {
		return nil, errors.New("cart: needs the catalog")
	}
	carts := store.New(h.DB, h.Now, cfg.Lifetime)
	return &module.Instance{
		Server: service.New(carts, needs.Catalog),
		Work: map[string]func(context.Context) error{
			"expiry": func(ctx context.Context) error { return sweep(ctx, carts, h.Log, cfg.Sweep) },
		},
	}, nil
}

// sweep deletes carts past their time, now and then. Nobody can see them any
// more, so nothing hurries.
func sweep(ctx context.Context, carts *store.Store, log *slog.Logger, every time.Duration) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		deleted, err := carts.Expire(ctx)
		if err != nil {
			return err
		}
		if deleted > 0 {
			log.Info("deleted what expired", "rows", deleted)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
