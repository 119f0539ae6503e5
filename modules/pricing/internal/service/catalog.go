package service

import (
	"context"

	catalogv1 "galleria/modules/catalog/v1"
	pricingv1 "galleria/modules/pricing/v1"
)

// FromCatalog is Offers of the catalog, in one call.
type FromCatalog struct {
	Catalog catalogv1.CatalogServiceClient
}

// Offers implements Offers.
func (c FromCatalog) Offers(ctx context.Context, skus []string, currency string) (map[string]Offer, error) {
	answer, err := c.Catalog.GetProducts(ctx, &catalogv1.GetProductsRequest{Skus: skus})
	if err != nil {
		return nil, err
	}
	offers := make(map[string]Offer, len(answer.GetProducts()))
	for _, p := range answer.GetProducts() {
		o := Offer{Name: p.GetName(), Slug: p.GetSlug(), Category: p.GetCategory(), Tags: p.GetTags(), Price: p.GetPriceMinor()}
		if len(p.GetPictures()) > 0 {
			o.Picture = p.GetPictures()[0]
		}
		switch {
		case !p.GetActive():
			o.Price, o.Problem = 0, pricingv1.LineProblem_LINE_PROBLEM_NOT_SOLD
		case p.GetCurrencyCode() != currency:
			o.Price, o.Problem = 0, pricingv1.LineProblem_LINE_PROBLEM_NO_PRICE
		}
		offers[p.GetSku()] = o
	}
	return offers, nil
}
