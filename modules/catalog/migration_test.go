package catalog_test

import (
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"galleria/migrations"
	"galleria/modules/catalog"
	"galleria/modules/catalog/catalogtest"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/database"
	"galleria/platform/database/databasetest"
	"galleria/platform/module"
	"galleria/platform/module/moduletest"
)

// A catalog written before there were variants is brought to them.
func TestProductsOfEarlierCommitsAreConverted(t *testing.T) {
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) {
		ctx := t.Context()
		o.Migrations = migrations.For(catalog.Name)
		databasetest.Fill(t, o, "0001_catalog.sql",
			`UPDATE catalog_state SET version = 12`,
			`INSERT INTO categories (slug, name, intro, position, changed) VALUES ('kitchen', 'Kitchen', 'Cook.', 1, 3)`,
			`INSERT INTO products (sku, slug, name, description, category, tags, currency_code, price_minor, pictures, active, born, changed) VALUES
				('mug_1.blue-X', 'mug', 'Mug', 'For "tea".', 'kitchen', '["blue","stoneware"]', 'EUR', 1290, '["mug.svg","back.svg"]', TRUE, 9, 11),
				('jar', 'jar', 'Jar', '', 'kitchen', '[]', 'JPY', 0, '[]', FALSE, 10, 12)`,
		)
		instance, err := catalog.New(module.Host{DB: databasetest.Open(t, o), Now: time.Now, Log: quiet()}, catalog.Needs{}, catalog.DefaultConfig())
		if err != nil {
			t.Fatal(err)
		}
		s := instance.Server.(catalogv1.CatalogServiceServer)
		got, err := s.GetProducts(ctx, &catalogv1.GetProductsRequest{Skus: []string{"mug_1.blue-X", "jar"}})
		if err != nil {
			t.Fatal(err)
		}
		want := &catalogv1.GetProductsResponse{Products: []*catalogv1.Product{
			{
				Id: "00000000000000000000000009", Slug: "mug", Name: "Mug", Description: `For "tea".`, Category: "kitchen",
				Tags: []string{"blue", "stoneware"}, Pictures: catalogtest.Pictures("mug.svg", "back.svg"), Active: true,
				Variants: []*catalogv1.Variant{{Sku: "mug_1.blue-X", Active: true, Prices: []*catalogv1.Price{{CurrencyCode: "EUR", AmountMinor: 1290}}}},
			},
			{
				Id: "00000000000000000000000010", Slug: "jar", Name: "Jar", Category: "kitchen",
				Variants: []*catalogv1.Variant{{Sku: "jar", Prices: []*catalogv1.Price{{CurrencyCode: "JPY"}}}},
			},
		}}
		for i, p := range got.GetProducts() {
			want.Products[i].Version = p.GetVersion()
		}
		if !proto.Equal(got, want) {
			t.Errorf("products: got\n%v\nwant\n%v", got, want)
		}
		offers, err := s.GetOffers(ctx, &catalogv1.GetOffersRequest{Skus: []string{"mug_1.blue-X", "jar"}, CurrencyCode: "EUR"})
		if err != nil || len(offers.GetOffers()) != 2 || offers.GetOffers()[0].GetPriceMinor() != 1290 || offers.GetOffers()[1].GetStatus() != catalogv1.OfferStatus_OFFER_STATUS_WITHDRAWN {
			t.Errorf("offers: got %v, %v, want the mug at 12.90 and the jar withdrawn", offers, err)
		}
		again, err := s.UpsertProducts(moduletest.Direct(ctx), &catalogv1.UpsertProductsRequest{Products: want.GetProducts()})
		if err != nil || again.GetUnchanged() != 2 {
			t.Errorf("upsert what there is: got %v, %v, want both unchanged", again, err)
		}
	})
}
