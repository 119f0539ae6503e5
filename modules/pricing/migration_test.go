package pricing_test

import (
	"log/slog"
	"testing"
	"time"

	catalogv1 "galleria/modules/catalog/v1"
	"galleria/modules/pricing"
	pricingv1 "galleria/modules/pricing/v1"
	"galleria/platform/contract"
	"galleria/platform/database"
	"galleria/platform/database/databasetest"
	"galleria/platform/module"
	"galleria/platform/module/moduletest"
)

// withoutTariffs are promotions, and one use of a voucher that each customer has once, as
// the program wrote them whose tariffs could not be changed yet.
var withoutTariffs = []string{
	`INSERT INTO promotions (id, terms, starts_at, ends_at, max_uses, max_each, used) VALUES
		('autumn-delivery', '{"name":"Autumn: free delivery from €40","kind":"free_delivery","minimums":{"EUR":4000},"combinable":true}', 1788220800000000, 1796083200000000, 0, 0, 0),
		('welcome10', '{"name":"Welcome: 10 % off","kind":"percent","millionths":100000,"codes":["WELCOME10"],"combinable":true}', 0, 0, 0, 1, 1)`,
	`INSERT INTO promotion_codes (code, promotion_id) VALUES ('WELCOME10', 'welcome10')`,
	`INSERT INTO promotion_customers (promotion_id, customer, used) VALUES ('welcome10', '8m8OL1DOber7RtC03uRiEBqe', 1)`,
	`INSERT INTO redemptions (order_id, status, codes, uses, changed_at) VALUES
		('0sgmdtppfzc2kevkgweaym0t54', 'taken', '["WELCOME10"]', '[{"promotion":"welcome10","customers":["8m8OL1DOber7RtC03uRiEBqe"]}]', 1795807075799467)`,
	`UPDATE pricing_state SET version = 2`,
}

func TestPromotionsOfBeforeTariffsWereChangedAreKept(t *testing.T) {
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) {
		o = withTables(o)
		databasetest.Fill(t, o, "0001_pricing.sql", withoutTariffs...)
		soonAfter := func() time.Time { return time.UnixMicro(1795807100000000) }
		host := module.Host{DB: databasetest.Open(t, o), Log: slog.New(slog.DiscardHandler), Now: soonAfter}
		instance, err := pricing.New(host, pricing.Needs{Catalog: catalogv1.NewCatalogServiceClient(failing{})}, pricing.DefaultConfig())
		if err != nil {
			t.Fatal(err)
		}
		s, ctx := instance.Server.(pricingv1.PricingServiceServer), moduletest.Direct(t.Context())
		listed, err := s.ListPromotions(ctx, &pricingv1.ListPromotionsRequest{})
		if err != nil || len(listed.GetPromotions()) != 2 {
			t.Fatalf("got %v, %v, want both promotions", listed, err)
		}
		for _, p := range listed.GetPromotions() {
			switch p.GetId() {
			case "welcome10":
				if p.GetPercentMillionths() != 100_000 || p.GetCodes()[0] != "WELCOME10" || p.GetMaxUsesPerCustomer() != 1 || p.GetUsed() != 1 {
					t.Errorf("got %v, want 10 %% for a code, used once", p)
				}
			default:
				if p.GetMinimums()[0].GetAmountMinor() != 4000 || p.GetEndsAt().AsTime() != time.UnixMicro(1796083200000000).UTC() {
					t.Errorf("got %v, want the delivery free from 40 euros, until the end of autumn", p)
				}
			}
		}
		got, err := s.GetTariffs(ctx, &pricingv1.GetTariffsRequest{})
		if err != nil || got.GetChanged() {
			t.Errorf("got %v, %v, want the tariffs of the configuration", got, err)
		}

		redeem := func(order string) error {
			_, err := s.Redeem(ctx, &pricingv1.RedeemRequest{OrderId: order, Codes: []string{"WELCOME10"}, Email: "open@example.org"})
			return err
		}
		const before = "0sgmdtppfzc2kevkgweaym0t54"
		if err := redeem(before); err != nil {
			t.Errorf("the order of before, repeated: got %v, want none", err)
		}
		if err := redeem("another"); !contract.Is(err, pricingv1.Reason_REASON_CODE_USED_UP) {
			t.Errorf("the same customer again: got %v, want the code used up", err)
		}
		if _, err := s.Unredeem(ctx, &pricingv1.UnredeemRequest{OrderId: before}); err != nil {
			t.Fatal(err)
		}
		if err := redeem("another"); err != nil {
			t.Errorf("after the order of before has given it back: got %v, want none", err)
		}
	})
}
