package catalogtest

import (
	"fmt"
	"testing"

	"google.golang.org/protobuf/proto"

	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/module/moduletest"
)

// shirt is a product with two sizes in two colours, the last one not active, in
// two currencies.
func (c *corner) shirt(n int) *product {
	return c.product(n, func(p *product) {
		p.Options = []*catalogv1.Option{{Name: "Size", Values: []string{"S", "M"}}, {Name: "Colour", Values: []string{"Red", "Blue"}}}
		p.Attributes = []*catalogv1.Attribute{{Name: "Material", Value: "Linen"}}
		base := SKU(p)
		p.Variants = nil
		for i, values := range [][]string{{"S", "Red"}, {"M", "Red"}, {"M", "Blue"}} {
			p.Variants = append(p.Variants, &catalogv1.Variant{
				Sku: fmt.Sprintf("%s.%d", base, i), OptionValues: values, Active: i < 2, WeightGrams: int32(200 + i), TaxClass: "clothes",
				Prices: []*catalogv1.Price{{CurrencyCode: "EUR", AmountMinor: int64(3000 - i*100), CompareAtMinor: 3500}, {CurrencyCode: "JPY", AmountMinor: 4000}},
			})
		}
		p.Variants[1].Picture = "red-m.svg"
	})
}

func offerCases(w World) cases {
	return cases{
		"an offer is one variant in one currency": func(t *testing.T) {
			c := w.corner(t)
			shirt, mug := c.shirt(1), c.product(2)
			c.put(shirt, mug)
			made := c.one(SKU(shirt))
			got := c.offers("EUR", SKU(mug), "no-such-sku", shirt.Variants[1].Sku)
			if len(got) != 2 {
				t.Fatalf("offers: got %v, want two in the order asked", got)
			}
			want := &catalogv1.Offer{
				Sku: shirt.Variants[1].Sku, ProductId: made.GetId(), Slug: shirt.GetSlug(), Name: shirt.GetName(), Variant: "M / Red", Picture: "red-m.svg",
				Category: c.name, Tags: []string{"test"}, Status: catalogv1.OfferStatus_OFFER_STATUS_SELLABLE,
				CurrencyCode: "EUR", PriceMinor: 2900, CompareAtMinor: 3500, WeightGrams: 201, TaxClass: "clothes",
			}
			if !proto.Equal(got[1], want) {
				t.Errorf("offer: got %v, want %v", got[1], want)
			}
			if got[0].GetVariant() != "" || got[0].GetPicture() != "test.svg" || got[0].GetPriceMinor() != 1000 {
				t.Errorf("offer of a plain product: got %v, want no variant, its picture and price", got[0])
			}
		},
		"says why something can't be sold": func(t *testing.T) {
			c := w.corner(t)
			shirt, gone := c.shirt(1), c.product(2, func(p *product) { p.Active = false })
			free := c.product(3, func(p *product) { SetPrice(p, "EUR", 0) })
			c.put(shirt, gone, free)
			for _, test := range []struct {
				sku, currency string
				want          catalogv1.OfferStatus
			}{
				{shirt.Variants[0].Sku, "JPY", catalogv1.OfferStatus_OFFER_STATUS_SELLABLE},
				{shirt.Variants[0].Sku, "USD", catalogv1.OfferStatus_OFFER_STATUS_NO_PRICE},
				{shirt.Variants[2].Sku, "EUR", catalogv1.OfferStatus_OFFER_STATUS_WITHDRAWN},
				{SKU(gone), "EUR", catalogv1.OfferStatus_OFFER_STATUS_WITHDRAWN},
				{SKU(free), "EUR", catalogv1.OfferStatus_OFFER_STATUS_SELLABLE},
			} {
				got := c.offers(test.currency, test.sku)
				if len(got) != 1 || got[0].GetStatus() != test.want || got[0].GetCurrencyCode() != test.currency {
					t.Errorf("%s in %s: got %v, want %s", test.sku, test.currency, got, test.want)
				}
			}
		},
		"needs a currency, and up to 200 skus": func(t *testing.T) {
			_, err := w.Catalog.GetOffers(t.Context(), &catalogv1.GetOffersRequest{Skus: make([]string, 201)})
			moduletest.WantFields(t, err, "currency_code", "skus")
			if got, err := w.Catalog.GetOffers(t.Context(), &catalogv1.GetOffersRequest{Skus: make([]string, 200), CurrencyCode: "EUR"}); err != nil || len(got.GetOffers()) != 0 {
				t.Errorf("200 skus that nothing has: got %v, %v; want nothing", got, err)
			}
		},
		"what is got belongs to the caller": func(t *testing.T) {
			c := w.corner(t)
			c.put(c.product(1))
			c.offers("EUR", SKU(c.product(1)))[0].Tags[0] = "defaced"
			if got := c.offers("EUR", SKU(c.product(1)))[0].GetTags()[0]; got != "test" {
				t.Errorf("tag: got %q, want %q", got, "test")
			}
		},
	}
}

func (c *corner) offers(currency string, skus ...string) []*catalogv1.Offer {
	c.Helper()
	got, err := c.Catalog.GetOffers(c.Context(), &catalogv1.GetOffersRequest{Skus: skus, CurrencyCode: currency})
	if err != nil {
		c.Fatalf("offers of %v: %v", skus, err)
	}
	return got.GetOffers()
}

// wantSlug wants one slug to lead to the product that has another.
func (c *corner) wantSlug(asked, want string) {
	c.Helper()
	got, err := c.Catalog.GetProducts(c.Context(), &catalogv1.GetProductsRequest{Slugs: []string{asked}})
	if err != nil {
		c.Fatal(err)
	}
	if len(got.GetProducts()) != 1 || got.GetProducts()[0].GetSlug() != want {
		c.Errorf("slug %s: got %v, want the product of %s", asked, got.GetProducts(), want)
	}
}
