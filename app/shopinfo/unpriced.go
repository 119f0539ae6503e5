package shopinfo

import (
	"context"
	"fmt"
	"math"
	"slices"

	catalogv1 "galleria/modules/catalog/v1"
	pricingv1 "galleria/modules/pricing/v1"
	settingsv1 "galleria/modules/settings/v1"
)

// Unpriced is a currency that the shop offers although nothing can be bought in it.
type Unpriced struct {
	Currency string
	// Products, Delivery: none of those that are sold, and no way to send them, has a price.
	Products, Delivery bool
}

// String says it to the staff, and what to do.
func (u Unpriced) String() string {
	switch {
	case u.Products && u.Delivery:
		return fmt.Sprintf("No product and no way to send goods has a price in %s, so that nothing can be bought in it: give them one, or take %[1]s out of the currencies.", u.Currency)
	case u.Products:
		return fmt.Sprintf("No product has a price in %s, so that nothing can be bought in it: give products one, or take %[1]s out of the currencies.", u.Currency)
	}
	return fmt.Sprintf("No way to send goods has a price in %s, so that nothing can be bought in it: add one to the delivery, or take %[1]s out of the currencies.", u.Currency)
}

// CurrenciesOf are what settings let the shop sell in: their own, or else the one of the
// configuration.
func (k *Keeper) CurrenciesOf(s *settingsv1.Settings) []string {
	return Of(s, 0, k.currency).Currencies
}

// WithoutDelivery are those of currencies in which no way to send goods has a price.
func WithoutDelivery(currencies []string, tariffs *pricingv1.GetTariffsResponse) (found []Unpriced) {
	for _, code := range currencies {
		if !slices.Contains(tariffs.GetDeliveryCurrencies(), code) {
			found = append(found, Unpriced{Currency: code, Delivery: true})
		}
	}
	return found
}

// FindUnpriced finds those of currencies in which nothing can be bought. It is for staff.
func FindUnpriced(ctx context.Context, currencies []string, pricing pricingv1.PricingServiceClient, catalog catalogv1.CatalogServiceClient) ([]Unpriced, error) {
	tariffs, err := pricing.GetTariffs(ctx, &pricingv1.GetTariffsRequest{})
	if err != nil {
		return nil, err
	}
	found := WithoutDelivery(currencies, tariffs)
	for _, code := range currencies {
		// A bound leaves out those without a price.
		priced, err := catalog.ListProducts(ctx, &catalogv1.ListProductsRequest{CurrencyCode: code, MaxPriceMinor: math.MaxInt64, PageSize: 1})
		if err != nil {
			return nil, err
		}
		if priced.GetTotal() > 0 {
			continue
		}
		at := slices.IndexFunc(found, func(u Unpriced) bool { return u.Currency == code })
		if at < 0 {
			at, found = len(found), append(found, Unpriced{Currency: code})
		}
		found[at].Products = true
	}
	return found, nil
}
