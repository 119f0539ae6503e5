package service

import (
	"google.golang.org/protobuf/types/known/timestamppb"

	"galleria/modules/cart/internal/cart"
	cartv1 "galleria/modules/cart/v1"
	catalogv1 "galleria/modules/catalog/v1"
)

func toCart(c cart.Cart, lines []cart.PricedLine, totalMinor int64) *cartv1.Cart {
	message := &cartv1.Cart{Id: c.ID, TotalMinor: totalMinor, ItemCount: c.Count()}
	if !c.Expires.IsZero() {
		message.ExpiresAt = timestamppb.New(c.Expires)
	}
	if len(lines) > 0 {
		message.CurrencyCode = c.Currency
	}
	for _, l := range lines {
		message.Lines = append(message.Lines, &cartv1.Line{
			Sku: l.SKU, Quantity: l.Quantity, Name: l.Name, Slug: l.Slug, Picture: l.Picture,
			UnitPriceMinor: l.UnitMinor, TotalMinor: l.TotalMinor, Available: l.Available,
		})
	}
	return message
}

func fromOffer(o *catalogv1.Offer) cart.Product {
	name := o.GetName()
	if o.GetVariant() != "" {
		name += ", " + o.GetVariant()
	}
	return cart.Product{
		SKU: o.GetSku(), Name: name, Slug: o.GetSlug(), Picture: o.GetPicture(), Currency: o.GetCurrencyCode(),
		PriceMinor: o.GetPriceMinor(), Active: o.GetStatus() == catalogv1.OfferStatus_OFFER_STATUS_SELLABLE,
	}
}
