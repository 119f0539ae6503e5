package pricing_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/migrations"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/modules/pricing"
	pricingv1 "galleria/modules/pricing/v1"
	"galleria/platform/database"
	"galleria/platform/database/databasetest"
	"galleria/platform/module"
	"galleria/platform/module/moduletest"
)

// failing is a catalog that answers with an error.
type failing struct {
	grpc.ClientConnInterface
	err error
}

func (f failing) Invoke(ctx context.Context, _ string, _, _ any, _ ...grpc.CallOption) error {
	if f.err == nil { // it never answers
		<-ctx.Done()
		return status.FromContextError(ctx.Err()).Err()
	}
	return f.err
}

func withCatalog(t *testing.T, catalog grpc.ClientConnInterface) pricingv1.PricingServiceServer {
	t.Helper()
	db := databasetest.Open(t, withTables(databasetest.SQLite(t)))
	host := module.Host{DB: db, Log: slog.New(slog.DiscardHandler), Now: time.Now}
	made, err := pricing.New(host, pricing.Needs{Catalog: catalogv1.NewCatalogServiceClient(catalog)}, pricing.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	return made.Server.(pricingv1.PricingServiceServer)
}

func withTables(o database.Options) database.Options {
	o.Module, o.Migrations = pricing.Name, migrations.For(pricing.Name)
	return o
}

// TestWithoutTheCatalogAQuoteIsUnavailable whatever the catalog's error is, and says
// what to do; what needs no catalog works.
func TestWithoutTheCatalogAQuoteIsUnavailable(t *testing.T) {
	mug := &pricingv1.QuoteRequest{CurrencyCode: "EUR", Lines: []*pricingv1.QuoteRequest_Line{{Sku: "MUG", Quantity: 1}}}
	for _, code := range []codes.Code{codes.Unavailable, codes.Internal, codes.NotFound, codes.DeadlineExceeded} {
		s := withCatalog(t, failing{err: status.Error(code, "secret words of the catalog")})
		_, err := s.Quote(t.Context(), mug)
		said := status.Convert(err).Message()
		if status.Code(err) != codes.Unavailable || !strings.Contains(said, "catalog") || !strings.Contains(said, "ask again") || strings.Contains(said, "secret") {
			t.Errorf("the catalog says %s: got %v, want UNAVAILABLE, and that it is to be asked again", code, err)
		}
	}
	s := withCatalog(t, failing{err: status.Error(codes.Unavailable, "away")})
	if _, err := s.Quote(t.Context(), &pricingv1.QuoteRequest{CurrencyCode: "EUR"}); err != nil {
		t.Errorf("a quote of nothing: got %v, want none", err)
	}
	_, err := s.UpsertPromotions(moduletest.Direct(t.Context()), &pricingv1.UpsertPromotionsRequest{Promotions: []*pricingv1.Promotion{{
		Id: "ten", Name: "Ten", Kind: pricingv1.Promotion_KIND_PERCENT, PercentMillionths: 100_000, Codes: []string{"TEN"},
	}}})
	if err != nil {
		t.Errorf("a promotion: got %v, want none", err)
	}
	if _, err := s.Redeem(moduletest.Direct(t.Context()), &pricingv1.RedeemRequest{OrderId: "one", Codes: []string{"TEN"}}); err != nil {
		t.Errorf("redeem: got %v, want none", err)
	}
}

// TestACallerThatGaveUpHearsJustThat: it is no outage of the catalog.
func TestACallerThatGaveUpHearsJustThat(t *testing.T) {
	s := withCatalog(t, failing{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Quote(ctx, &pricingv1.QuoteRequest{CurrencyCode: "EUR", Lines: []*pricingv1.QuoteRequest_Line{{Sku: "MUG", Quantity: 1}}})
	if got := status.FromContextError(err).Code(); got != codes.Canceled {
		t.Errorf("got %v, want that it was cancelled", err)
	}
}
