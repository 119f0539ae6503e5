package service

import (
	"context"

	"galleria/modules/orders/internal/order"
	pricingv1 "galleria/modules/pricing/v1"
	"galleria/platform/contract"
)

// OfPricing says what things cost.
type OfPricing struct {
	Pricing pricingv1.PricingServiceClient
}

var _ Prices = OfPricing{}

// Quote prices what is in a cart. Codes that take nothing off are left out.
func (p OfPricing) Quote(ctx context.Context, ask Ask) (Quote, error) {
	req := &pricingv1.QuoteRequest{
		CurrencyCode: ask.Currency, DeliveryOption: ask.DeliveryOption, Codes: ask.Codes, Email: ask.Email, ReplacesOrderId: ask.Replaces,
		Destination: &pricingv1.Destination{Country: ask.Address.Country, Region: ask.Address.Region, PostalCode: ask.Address.PostalCode},
	}
	for _, l := range ask.Lines {
		req.Lines = append(req.Lines, &pricingv1.QuoteRequest_Line{Sku: l.SKU, Quantity: l.Quantity})
	}
	got, err := p.Pricing.Quote(ctx, req)
	if err != nil {
		return Quote{}, refusable(err, order.QuoteChanged)
	}
	return quoteOf(got.GetQuote()), nil
}

func quoteOf(p *pricingv1.Quote) Quote {
	t := p.GetTotals()
	q := Quote{
		Fingerprint: p.GetFingerprint(), Delivers: len(p.GetDeliveryOptions()) > 0,
		Totals: order.Totals{
			Goods: t.GetGoodsMinor(), Discount: t.GetDiscountMinor(), Delivery: t.GetDeliveryMinor(), Tax: t.GetTaxMinor(), Total: t.GetTotalMinor(),
			TaxesIncluded: t.GetTaxesIncluded(),
		},
		Terms: order.Terms{DeliveryOption: p.GetDeliveryOption()},
	}
	switch p.GetTaxRegion() {
	case pricingv1.TaxRegion_TAX_REGION_MISSING:
		q.Region = RegionMissing
	case pricingv1.TaxRegion_TAX_REGION_UNKNOWN:
		q.Region = RegionUnknown
	}
	for _, option := range p.GetDeliveryOptions() {
		if option.GetId() == p.GetDeliveryOption() {
			q.Terms.DeliveryName = option.GetName()
		}
	}
	for _, l := range p.GetLines() {
		if l.GetProblem() != pricingv1.LineProblem_LINE_PROBLEM_UNSPECIFIED {
			q.NotSold = append(q.NotSold, l.GetSku())
			continue
		}
		q.Lines = append(q.Lines, order.Line{
			SKU: l.GetSku(), Name: l.GetName(), Variant: l.GetVariant(), Slug: l.GetSlug(), Picture: l.GetPicture(), Quantity: l.GetQuantity(),
			UnitPrice: l.GetUnitPriceMinor(), Discount: l.GetDiscountMinor(), Tax: l.GetTaxMinor(), Total: l.GetTotalMinor(),
		})
	}
	for _, d := range p.GetDiscounts() {
		// What is off the delivery is out of its price already.
		if d.GetAmountMinor() > 0 {
			q.Terms.Discounts = append(q.Terms.Discounts, order.Discount{Code: d.GetCode(), Name: d.GetName(), Amount: d.GetAmountMinor()})
		}
		if d.GetDeliveryMinor() > 0 {
			q.Terms.DeliveryName += " (" + d.GetName() + ")"
		}
		if d.GetCode() != "" {
			q.Terms.Codes = append(q.Terms.Codes, d.GetCode())
		}
	}
	for _, t := range p.GetTaxes() {
		q.Terms.Taxes = append(q.Terms.Taxes, order.Tax{Name: t.GetName(), Amount: t.GetAmountMinor(), Included: t.GetIncluded()})
	}
	return q
}

// Redeem takes a use of each code.
func (p OfPricing) Redeem(ctx context.Context, orderID string, codes []string, email, _ string) error {
	_, err := p.Pricing.Redeem(ctx, &pricingv1.RedeemRequest{OrderId: orderID, Codes: codes, Email: email})
	if contract.Is(err, pricingv1.Reason_REASON_UNREDEEMED) {
		return refusable(err, order.Unavailable)
	}
	return refusable(err, order.CodeUsedUp, "code")
}

// Unredeem gives the uses back.
func (p OfPricing) Unredeem(ctx context.Context, orderID string) error {
	_, err := p.Pricing.Unredeem(ctx, &pricingv1.UnredeemRequest{OrderId: orderID})
	return refusable(err, order.Unavailable)
}
