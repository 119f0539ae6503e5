package orders

import (
	"context"
	"errors"
	"time"

	cartv1 "galleria/modules/cart/v1"
	catalogv1 "galleria/modules/catalog/v1"
	inventoryv1 "galleria/modules/inventory/v1"
	"galleria/modules/orders/internal/service"
	"galleria/modules/orders/internal/store"
	paymentsv1 "galleria/modules/payments/v1"
	"galleria/platform/config"
	"galleria/platform/module"
)

// Name is the module's name.
const Name = "orders"

// Config is how the module behaves.
type Config struct {
	PollInterval time.Duration `yaml:"poll_interval" doc:"how often recovery looks for orders that a crash or an outage left open; up to 5s while the shop is idle"`
	AbandonAfter time.Duration `yaml:"abandon_after" doc:"age at which an order that was never confirmed is given up instead of driven on"`

	// Hook, if set, is called at each point of a checkout named in Points, for
	// tests that end the process there.
	Hook func(point string) `yaml:"-"`
}

// Points are the names Config.Hook is called with.
var Points = service.Points

// DefaultConfig is what a shop runs with.
func DefaultConfig() Config {
	return Config{PollInterval: 500 * time.Millisecond, AbandonAfter: 10 * time.Minute}
}

// Validate finds values that can't work.
func (c Config) Validate() error {
	var found []error
	if c.PollInterval < 10*time.Millisecond || c.PollInterval > time.Minute {
		found = append(found, config.At("poll_interval", "must be between 10ms and 1m, not %s", c.PollInterval))
	}
	if c.AbandonAfter <= 0 {
		found = append(found, config.At("abandon_after", "must be positive, not %s", c.AbandonAfter))
	}
	return errors.Join(found...)
}

// Needs are the contracts it calls. All are required.
type Needs struct {
	Catalog   catalogv1.CatalogServiceClient
	Inventory inventoryv1.InventoryServiceClient
	Cart      cartv1.CartServiceClient
	Payments  paymentsv1.PaymentsServiceClient
}

// New makes the module on the host's database.
func New(h module.Host, needs Needs, cfg Config) (*module.Instance, error) {
	if needs.Catalog == nil || needs.Inventory == nil || needs.Cart == nil || needs.Payments == nil {
		return nil, errors.New("orders needs catalog, inventory, cart and payments")
	}
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	s := service.New(service.Options{
		Store:   store.New(h.DB, h.Now),
		Catalog: needs.Catalog, Inventory: needs.Inventory, Cart: needs.Cart, Payments: needs.Payments,
		Log: h.Log, Now: h.Now,
		Pace: h.DB.Pace(cfg.PollInterval, cfg.PollInterval), AbandonAfter: cfg.AbandonAfter, Hook: cfg.Hook,
	})
	return &module.Instance{
		Server: s,
		Work:   map[string]func(ctx context.Context) error{"recovery": s.Recover},
		Close:  s.Close,
	}, nil
}
