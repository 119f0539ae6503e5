package service

import (
	"google.golang.org/protobuf/types/known/timestamppb"

	"galleria/modules/cart/internal/cart"
	cartv1 "galleria/modules/cart/v1"
	catalogv1 "galleria/modules/catalog/v1"
)

func toCart(c cart.Cart, lines []cart.PricedLine, totalMinor int64) *cartv1.Cart {
	message := &cartv1.Cart{
		Id: c.ID, Version: c.Version, SubtotalMinor: totalMinor, ItemCount: c.Count(),
		Codes: c.Codes, DeliveryOption: c.Delivery, CustomerId: c.Customer, MergedFrom: c.Merged,
	}
	if to := c.Destination; to.Country != "" {
		message.Destination = &cartv1.Destination{Country: to.Country, Region: to.Region, PostalCode: to.PostalCode}
	}
	if !c.Expires.IsZero() {
		message.ExpiresAt = timestamppb.New(c.Expires)
	}
	if len(lines) > 0 {
		message.CurrencyCode = c.Currency
	}
	for _, l := range lines {
		message.Lines = append(message.Lines, &cartv1.Line{
			Sku: l.SKU, Quantity: l.Quantity, Name: l.Name, Slug: l.Slug, Picture: l.Picture, Category: l.Category,
			UnitPriceMinor: l.UnitMinor, TotalMinor: l.TotalMinor, Status: statuses[l.Status],
		})
	}
	return message
}

var statuses = map[cart.Status]cartv1.LineStatus{
	cart.Unknown:   cartv1.LineStatus_LINE_STATUS_UNKNOWN,
	cart.Sellable:  cartv1.LineStatus_LINE_STATUS_SELLABLE,
	cart.Withdrawn: cartv1.LineStatus_LINE_STATUS_WITHDRAWN,
	cart.NoPrice:   cartv1.LineStatus_LINE_STATUS_NO_PRICE,
}

var offered = map[catalogv1.OfferStatus]cart.Status{
	catalogv1.OfferStatus_OFFER_STATUS_SELLABLE:  cart.Sellable,
	catalogv1.OfferStatus_OFFER_STATUS_WITHDRAWN: cart.Withdrawn,
	catalogv1.OfferStatus_OFFER_STATUS_NO_PRICE:  cart.NoPrice,
}

func fromOffer(o *catalogv1.Offer) cart.Product {
	name := o.GetName()
	if o.GetVariant() != "" {
		name += ", " + o.GetVariant()
	}
	return cart.Product{
		SKU: o.GetSku(), Name: name, Slug: o.GetSlug(), Picture: o.GetPicture(), Category: o.GetCategory(), Currency: o.GetCurrencyCode(),
		PriceMinor: o.GetPriceMinor(), Status: offered[o.GetStatus()],
	}
}
