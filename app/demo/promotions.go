package demo

import pricingv1 "galleria/modules/pricing/v1"

// Promotions are a voucher for new customers and a seasonal promotion.
func Promotions() []*pricingv1.Promotion {
	return []*pricingv1.Promotion{
		{
			Id: "welcome10", Name: "Welcome: 10 % off", Kind: pricingv1.Promotion_KIND_PERCENT, PercentMillionths: 100_000,
			Codes: []string{"WELCOME10"}, MaxUsesPerCustomer: 1, Combinable: true,
		},
		{
			Id: "winter-delivery", Name: "Winter: free delivery from €40", Kind: pricingv1.Promotion_KIND_FREE_DELIVERY,
			Minimums: []*pricingv1.Promotion_Amount{{CurrencyCode: "EUR", AmountMinor: 4000}}, Combinable: true,
		},
	}
}
