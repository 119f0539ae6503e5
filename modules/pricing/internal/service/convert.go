package service

import (
	"maps"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"galleria/modules/pricing/internal/promotion"
	pricingv1 "galleria/modules/pricing/v1"
)

// toPromotion makes a message of its own; nothing in memory is handed out.
func toPromotion(p *promotion.Promotion) *pricingv1.Promotion {
	t := p.Terms()
	answer := &pricingv1.Promotion{
		Id: t.ID, Name: t.Name, PercentMillionths: t.Millionths, Amounts: toAmounts(t.Amounts), Buy: int32(t.Buy), Get: int32(t.Get),
		Categories: slices.Clone(t.Categories), Tags: slices.Clone(t.Tags), Skus: slices.Clone(t.SKUs), Minimums: toAmounts(t.Minimums),
		StartsAt: toTime(t.StartsAt), EndsAt: toTime(t.EndsAt), Codes: slices.Clone(t.Codes),
		MaxUses: t.MaxUses, MaxUsesPerCustomer: t.MaxEach, Used: p.Used, Combinable: t.Combinable,
	}
	for kind, ours := range kinds {
		if ours == t.Kind {
			answer.Kind = kind
		}
	}
	return answer
}

func toAmounts(by map[string]int64) []*pricingv1.Promotion_Amount {
	var all []*pricingv1.Promotion_Amount
	for _, currency := range slices.Sorted(maps.Keys(by)) {
		all = append(all, &pricingv1.Promotion_Amount{CurrencyCode: currency, AmountMinor: by[currency]})
	}
	return all
}

func toTime(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}
