package webhooks

import (
	"context"
	"errors"
	"fmt"
	"time"

	"galleria/modules/webhooks/internal/send"
	"galleria/modules/webhooks/internal/service"
	"galleria/modules/webhooks/internal/store"
	"galleria/modules/webhooks/internal/webhook"
	"galleria/platform/config"
	"galleria/platform/module"
)

// Name is the module's name.
const Name = "webhooks"

// Config is what an operator may change.
type Config struct {
	// AllowPrivate lets endpoints be at addresses of this machine and its network, and
	// have http: those who may add endpoints can then make the shop send requests there.
	AllowPrivate bool `yaml:"allow_private" doc:"let endpoints have private addresses and http, for trials; with it, who may add an endpoint can reach servers that only this machine can"`
	// MaxEndpoints bounds the work for one event.
	MaxEndpoints int `yaml:"max_endpoints" doc:"how many endpoints there may be"`
	// AtOnce and PerSecond bound the requests to one endpoint.
	AtOnce    int `yaml:"at_once" doc:"how many requests are made to one endpoint at the same time"`
	PerSecond int `yaml:"per_second" doc:"how many requests to one endpoint are begun in a second"`
	// Timeout is how long one answer is waited for.
	Timeout time.Duration `yaml:"timeout" doc:"how long an endpoint's answer is waited for"`
	// RetryFirst, RetryMost and GiveUp say when a delivery that failed is tried again.
	RetryFirst time.Duration `yaml:"retry_first" doc:"a delivery that failed is tried again after this, then after four times as long, and so on"`
	RetryMost  time.Duration `yaml:"retry_most" doc:"the longest pause between two attempts at a delivery"`
	GiveUp     time.Duration `yaml:"give_up" doc:"a delivery is tried for so long; an endpoint to which every request failed for so long is switched off"`
	// KeepDeliveries is how long a delivery is kept after it ended.
	KeepDeliveries time.Duration `yaml:"keep_deliveries" doc:"deliveries are deleted this long after they ended; those of order.placed hold the address of the customer"`
}

// DefaultConfig sends to public addresses only, and tries for three days.
func DefaultConfig() Config {
	return Config{
		MaxEndpoints: 20, AtOnce: 4, PerSecond: 20, Timeout: 15 * time.Second,
		RetryFirst: 5 * time.Second, RetryMost: 12 * time.Hour, GiveUp: 72 * time.Hour, KeepDeliveries: 30 * 24 * time.Hour,
	}
}

// Validate finds values that can't work.
func (c Config) Validate() error {
	var errs []error
	if c.MaxEndpoints < 1 || c.MaxEndpoints > 1000 {
		errs = append(errs, config.At("max_endpoints", "must be 1 to 1000, not %d", c.MaxEndpoints))
	}
	if c.AtOnce < 1 || c.AtOnce > 100 {
		errs = append(errs, config.At("at_once", "must be 1 to 100, not %d", c.AtOnce))
	}
	if c.PerSecond < 1 || c.PerSecond > 1000 {
		errs = append(errs, config.At("per_second", "must be 1 to 1000, not %d", c.PerSecond))
	}
	if c.Timeout < 100*time.Millisecond || c.Timeout > time.Minute {
		errs = append(errs, config.At("timeout", "must be 100ms to 1m, not %s", c.Timeout))
	}
	if c.RetryFirst < time.Millisecond {
		errs = append(errs, config.At("retry_first", "must be at least 1ms, not %s", c.RetryFirst))
	}
	if c.RetryMost < c.RetryFirst {
		errs = append(errs, config.At("retry_most", "must not be less than retry_first"))
	}
	if c.GiveUp < c.RetryFirst {
		errs = append(errs, config.At("give_up", "must not be less than retry_first"))
	}
	if c.KeepDeliveries < 24*time.Hour {
		errs = append(errs, config.At("keep_deliveries", "must be at least 24h, not %s: a repeat that comes later would be taken for new", c.KeepDeliveries))
	}
	return errors.Join(errs...)
}

// Needs are the modules webhooks calls: none. It hears events of orders and inventory.
type Needs struct{}

// New makes the module, ready to serve.
func New(h module.Host, _ Needs, cfg Config) (*module.Instance, error) {
	if h.DB == nil {
		return nil, errors.New("webhooks: it needs a database")
	}
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("webhooks: %w", err)
	}
	kept := store.New(h.DB)
	s := service.New(kept, service.Limits{MaxEndpoints: cfg.MaxEndpoints, Private: cfg.AllowPrivate}, h.Now, h.Log)
	sender := send.New(kept, send.NewClient(cfg.Timeout, cfg.AllowPrivate), send.Options{
		AtOnce: cfg.AtOnce, PerSecond: cfg.PerSecond, Timeout: cfg.Timeout,
		Retries: webhook.Retries{First: cfg.RetryFirst, Most: cfg.RetryMost, GiveUp: cfg.GiveUp},
	}, h.Now, h.Log)
	return &module.Instance{
		Server:        s,
		Subscriptions: s.Subscriptions(),
		Work: map[string]func(context.Context) error{
			"send":      sender.Run,
			"retention": func(ctx context.Context) error { return s.Forget(ctx, cfg.KeepDeliveries) },
		},
	}, nil
}
