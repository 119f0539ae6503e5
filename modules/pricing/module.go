package pricing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"time"

	catalogv1 "galleria/modules/catalog/v1"
	"galleria/modules/pricing/internal/quote"
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
	Poll     time.Duration            `yaml:"poll" doc:"how often to look for promotions other processes changed; bounds how stale a quote can be"`
	Keep     time.Duration            `yaml:"keep" doc:"what orders redeemed is forgotten after this; so is who used a promotion, this long after its end"`
}

// DefaultConfig is what holds when nothing is set: a shop in Germany.
func DefaultConfig() Config {
	return Config{
		Country: "DE", Taxes: tariff.DefaultTaxes(), Zones: tariff.DefaultZones(), Delivery: tariff.DefaultOptions(),
		Poll: 200 * time.Millisecond, Keep: 400 * 24 * time.Hour,
	}
}

var (
	country = regexp.MustCompile(`^[A-Z]{2}$`)
	name    = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,31}$`)
)

// Validate finds what is wrong with the configuration.
func (c Config) Validate() error {
	var findings []error
	wrong := func(key, problem string, args ...any) {
		findings = append(findings, config.At(key, "%s", fmt.Sprintf(problem, args...)))
	}
	if !country.MatchString(c.Country) {
		wrong("country", "is a country of ISO 3166-1, such as DE")
	}
	c.Taxes.Check(func(key string, err error) { wrong("taxes."+key, "%v", err) })
	for _, zone := range slices.Sorted(maps.Keys(c.Zones)) {
		if !name.MatchString(zone) || zone == tariff.Home || zone == tariff.World {
			wrong("zones."+zone, "has a name of lower-case letters, digits, '-' and '_', other than home and world")
		}
		for _, code := range c.Zones[zone] {
			if !country.MatchString(code) {
				wrong("zones."+zone, "has %q, which is no country of ISO 3166-1, such as DE", code)
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(c.Delivery)) {
		c.checkOption(id, wrong)
	}
	if c.Poll < time.Millisecond || c.Poll > time.Minute {
		wrong("poll", "is between 1ms and 1m")
	}
	if c.Keep < 24*time.Hour {
		wrong("keep", "is at least 24h")
	}
	return errors.Join(findings...)
}

func (c Config) checkOption(id string, wrong func(key, problem string, args ...any)) {
	key, option := "delivery."+id, c.Delivery[id]
	if !name.MatchString(id) {
		wrong(key, "has a name of lower-case letters, digits, '-' and '_'")
	}
	if option.Name == "" {
		wrong(key+".name", "is needed: shoppers read it")
	}
	known := func(zone string) bool {
		_, ok := c.Zones[zone]
		return ok || zone == tariff.Home || zone == tariff.World
	}
	for _, d := range option.Days {
		if !known(d.Zone) {
			wrong(key+".days", "names the zone %s, which is not in zones", d.Zone)
		}
	}
	for _, r := range option.Rates {
		if !known(r.Zone) {
			wrong(key+".rates", "names the zone %s, which is not in zones", r.Zone)
		}
	}
}

// Needs is what pricing calls.
type Needs struct {
	// Catalog says what is sold, and at what price.
	Catalog catalogv1.CatalogServiceClient
}

// New reads the promotions and makes the module, ready to serve.
func New(h module.Host, needs Needs, cfg Config) (*module.Instance, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("pricing: %w", err)
	}
	if h.DB == nil || needs.Catalog == nil {
		return nil, errors.New("pricing: needs a database and the catalog")
	}
	kept := store.New(h.DB)
	s, err := service.New(context.Background(), service.Needs{
		Store: kept, Offers: service.FromCatalog{Catalog: needs.Catalog}, Country: cfg.Country, Now: h.Now,
		Table: quote.Table{
			Taxes:    cfg.Taxes,
			Delivery: tariff.Delivery{Home: cfg.Country, Zones: cfg.Zones, Options: cfg.Delivery},
		},
	})
	if err != nil {
		return nil, fmt.Errorf("pricing: %w", err)
	}
	return &module.Instance{
		Server: s,
		Run:    func(ctx context.Context) error { return follow(ctx, s, h.Log, h.DB.Pace("", cfg.Poll, cfg.Poll)) },
		Work: map[string]func(context.Context) error{
			"expiry": func(ctx context.Context) error { return sweep(ctx, kept, h, cfg.Keep) },
		},
	}, nil
}

// follow keeps memory up to date with what other processes write. While the database is
// away quotes go by the promotions as they were; that is logged when it begins and when
// it ends.
func follow(ctx context.Context, s *service.Service, log *slog.Logger, pace *database.Pace) error {
	failing := false
	for pace.Rest(ctx, nil) {
		err := s.Refresh(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && !failing:
			log.Error("the promotions in memory can't be kept up to date", "error", err)
		case err == nil && failing:
			log.Info("the promotions in memory are up to date again")
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
