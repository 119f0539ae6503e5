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
	answer, err := c.Catalog.GetOffers(ctx, &catalogv1.GetOffersRequest{Skus: skus, CurrencyCode: currency})
	if err != nil {
		return nil, err
	}
	offers := make(map[string]Offer, len(answer.GetOffers()))
	for _, o := range answer.GetOffers() {
		offer := Offer{
			Name: o.GetName(), Variant: o.GetVariant(), Slug: o.GetSlug(), Picture: o.GetPicture(), Category: o.GetCategory(), Tags: o.GetTags(),
			Price: o.GetPriceMinor(), CompareAt: o.GetCompareAtMinor(), Grams: o.GetWeightGrams(), TaxClass: o.GetTaxClass(),
		}
		switch o.GetStatus() {
		case catalogv1.OfferStatus_OFFER_STATUS_SELLABLE:
		case catalogv1.OfferStatus_OFFER_STATUS_NO_PRICE:
			offer.Problem = pricingv1.LineProblem_LINE_PROBLEM_NO_PRICE
		default:
			offer.Problem = pricingv1.LineProblem_LINE_PROBLEM_NOT_SOLD
		}
		offers[o.GetSku()] = offer
	}
	return offers, nil
}
