package pricing_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	catalogv1 "galleria/modules/catalog/v1"
	"galleria/modules/pricing"
	pricingv1 "galleria/modules/pricing/v1"
	"galleria/platform/certs"
	"galleria/platform/database/databasetest"
	"galleria/platform/module"
	"galleria/platform/route"
)

// TestAChangeHoldsInOtherProcesses: two run over one database, and one of them changes
// the tariffs.
func TestAChangeHoldsInOtherProcesses(t *testing.T) {
	db := databasetest.Open(t, withTables(databasetest.SQLite(t)))
	log := slog.New(slog.DiscardHandler)
	start := func() pricingv1.PricingServiceClient {
		host := module.Host{DB: db, Log: log, Now: time.Now}
		made, err := pricing.New(host, pricing.Needs{Catalog: catalogv1.NewCatalogServiceClient(failing{})}, pricing.DefaultConfig())
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- made.Run(ctx) }()
		t.Cleanup(func() {
			stop()
			if err := <-ended; !errors.Is(err, context.Canceled) {
				t.Errorf("it ended with %v", err)
			}
		})
		r, err := route.New(pricing.Name, &pricingv1.PricingService_ServiceDesc, log)
		if err != nil {
			t.Fatal(err)
		}
		target, err := r.NewLocal(made.Server, route.LocalOptions{})
		if err != nil {
			t.Fatal(err)
		}
		r.Point(target)
		return pricingv1.NewPricingServiceClient(r.For(certs.Operator))
	}
	one, other := start(), start()
	got, err := one.GetTariffs(t.Context(), &pricingv1.GetTariffsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	got.Tariffs.Country = "PT"
	if _, err := one.ChangeTariffs(t.Context(), &pricingv1.ChangeTariffsRequest{Tariffs: got.GetTariffs(), SeenVersion: got.GetVersion()}); err != nil {
		t.Fatal(err)
	}
	// home is where a cart without a destination is estimated for.
	home := func(s pricingv1.PricingServiceClient) string {
		t.Helper()
		q, err := s.Quote(t.Context(), &pricingv1.QuoteRequest{CurrencyCode: "EUR"})
		if err != nil {
			t.Fatal(err)
		}
		return q.GetQuote().GetDestination().GetCountry()
	}
	if home(one) != "PT" {
		t.Errorf("where it was changed: got %s, want PT at once", home(one))
	}
	for began := time.Now(); home(other) != "PT"; {
		if time.Since(began) > 10*time.Second {
			t.Fatalf("in the other process: got %s after 10 seconds, want PT", home(other))
		}
		time.Sleep(10 * time.Millisecond)
	}
}
