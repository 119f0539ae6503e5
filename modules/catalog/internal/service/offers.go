package service

import (
	"context"
	"fmt"
	"strings"

	"galleria/modules/catalog/internal/product"
	"galleria/modules/catalog/internal/shelf"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/contract"
)

// GetOffers gets what can be sold under these skus.
func (s *Service) GetOffers(ctx context.Context, r *catalogv1.GetOffersRequest) (*catalogv1.GetOffersResponse, error) {
	bad := checkCurrency(nil, r.GetCurrencyCode())
	if len(r.GetSkus()) > maxGet {
		bad = append(bad, contract.Violation{Field: "skus", Message: fmt.Sprintf("up to %d offers can be got in one call", maxGet)})
	}
	if err := contract.Invalid(bad...); err != nil {
		return nil, err
	}
	offers := offersOf(s.current.Load(), r)
	if len(offers) < len(r.GetSkus()) {
		// As for products: another process may have just added it.
		s.catchUp(ctx)
		offers = offersOf(s.current.Load(), r)
	}
	return &catalogv1.GetOffersResponse{Offers: offers}, nil
}

func offersOf(current *shelf.Shelf, r *catalogv1.GetOffersRequest) []*catalogv1.Offer {
	messages := make([]catalogv1.Offer, len(r.GetSkus()))
	offers := make([]*catalogv1.Offer, 0, len(messages))
	for _, sku := range r.GetSkus() {
		p := current.BySKU(sku)
		if p == nil {
			continue
		}
		m := &messages[len(offers)]
		fillOffer(m, p, sku, r.GetCurrencyCode())
		offers = append(offers, m)
	}
	return offers
}

// fillOffer says what one variant is in one currency.
func fillOffer(m *catalogv1.Offer, p *product.Product, sku, currency string) {
	f := p.Facts()
	i := 0
	for f.Variants[i].SKU != sku {
		i++
	}
	v := &f.Variants[i]
	m.Sku, m.ProductId, m.Slug, m.Name, m.Category = sku, f.ID, f.Slug, f.Name, f.Category
	m.Variant = strings.Join(v.OptionValues, " / ")
	m.Picture = v.Picture
	if m.Picture == "" && len(f.Pictures) > 0 {
		m.Picture = f.Pictures[0].Name
	}
	m.Tags = append([]string(nil), f.Tags...)
	m.CurrencyCode, m.WeightGrams, m.TaxClass = currency, v.WeightGrams, v.TaxClass
	price, priced := v.PriceIn(currency)
	switch {
	case !f.Active || !v.Active:
		m.Status = catalogv1.OfferStatus_OFFER_STATUS_WITHDRAWN
	case !priced:
		m.Status = catalogv1.OfferStatus_OFFER_STATUS_NO_PRICE
	default:
		m.Status = catalogv1.OfferStatus_OFFER_STATUS_SELLABLE
		m.PriceMinor, m.CompareAtMinor = price.Amount, price.CompareAt
	}
}
