package pricing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	catalogv1 "galleria/modules/catalog/v1"
	"galleria/modules/pricing/internal/service"
	"galleria/modules/pricing/internal/store"
	"galleria/modules/pricing/internal/tariff"
	"galleria/platform/config"
	"galleria/platform/database"
	"galleria/platform/module"
)

// Name is the module's name.
const Name = "pricing"

// Config is pricing's configuration.
type Config struct {
	Country  string                   `yaml:"country" doc:"the shop's own country: the zone home, and what carts are estimated for"`
	Taxes    tariff.Taxes             `yaml:"taxes" doc:"tax by country, as DE, or part of one, as US-CA: \"VAT included 19%, reduced 7%\", \"Sales tax added 4%\" or none"`
	Zones    map[string][]string      `yaml:"zones" doc:"groups of countries for delivery; home is the shop's own, world all that are in none"`
	Delivery map[string]tariff.Option `yaml:"delivery" doc:"ways to send goods"`
	Poll     time.Duration            `yaml:"poll" doc:"how often to look for promotions and tariffs other processes changed; bounds how stale a quote can be"`
	Keep     time.Duration            `yaml:"keep" doc:"what orders redeemed is forgotten after this; so is who used a promotion, this long after its end"`
}

// DefaultConfig is what holds when nothing is set: a shop in Germany.
func DefaultConfig() Config {
	return Config{
		Country: "DE", Taxes: tariff.DefaultTaxes(), Zones: tariff.DefaultZones(), Delivery: tariff.DefaultOptions(),
		Poll: 200 * time.Millisecond, Keep: 400 * 24 * time.Hour,
	}
}

// table is what the shop charges, as the configuration says.
func (c Config) table() tariff.Table {
	return tariff.Table{Taxes: c.Taxes, Delivery: tariff.Delivery{Home: c.Country, Zones: c.Zones, Options: c.Delivery}}
}

// Validate finds what is wrong with the configuration.
func (c Config) Validate() error {
	var findings []error
	wrong := func(key, problem string) { findings = append(findings, config.At(key, "%s", problem)) }
	for _, p := range c.table().Check() {
		wrong(p.Key, p.Message)
	}
	if c.Poll < time.Millisecond || c.Poll > time.Minute {
		wrong("poll", "is between 1ms and 1m")
	}
	if c.Keep < 24*time.Hour {
		wrong("keep", "is at least 24h")
	}
	return errors.Join(findings...)
}

// Needs is what pricing calls.
type Needs struct {
	// Catalog says what is sold, and at what price.
	Catalog catalogv1.CatalogServiceClient
}

// New reads promotions and tariffs and makes the module, ready to serve.
func New(h module.Host, needs Needs, cfg Config) (*module.Instance, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("pricing: %w", err)
	}
	if h.DB == nil || needs.Catalog == nil {
		return nil, errors.New("pricing: needs a database and the catalog")
	}
	kept := store.New(h.DB)
	s, err := service.New(context.Background(), service.Needs{
		Store: kept, Offers: service.FromCatalog{Catalog: needs.Catalog}, Configured: cfg.table(), Now: h.Now,
	})
	if err != nil {
		return nil, fmt.Errorf("pricing: %w", err)
	}
	return &module.Instance{
		Server: s,
		Run: func(ctx context.Context) error {
			pace := h.DB.Pace("", cfg.Poll, cfg.Poll)
			defer pace.End()
			return follow(ctx, s, h.Log, pace)
		},
		Work: map[string]func(context.Context) error{
			"expiry": func(ctx context.Context) error { return sweep(ctx, kept, h, cfg.Keep) },
		},
	}, nil
}

// follow keeps memory up to date with what other processes write. While the database is
// away quotes go by what it knew; that is logged when it begins and when
// it ends.
func follow(ctx context.Context, s *service.Service, log *slog.Logger, pace *database.Pace) error {
	failing := false
	for pace.Rest(ctx, nil) {
		err := s.Refresh(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && !failing:
			log.Error("promotions and tariffs in memory can't be kept up to date", "error", err)
		case err == nil && failing:
			log.Info("promotions and tariffs in memory are up to date again")
		}
		failing = err != nil
	}
	return ctx.Err()
}

// sweepEvery is how often old redemptions are deleted; nothing waits for that.
const sweepEvery = time.Hour

func sweep(ctx context.Context, kept *store.Store, h module.Host, keep time.Duration) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		deleted, err := kept.Expire(ctx, h.Now().Add(-keep))
		if err != nil {
			return err
		}
		if deleted > 0 {
			h.Log.Info("deleted old redemptions", "rows", deleted)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
