package demo

import (
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	pricingv1 "galleria/modules/pricing/v1"
)

// Promotions are a voucher for new customers and the seasonal promotions of a shop that
// is opened now: that of the season of this day, and that of the next one, which begins
// when the first ends. So a seasonal promotion is on whichever day a shop is opened, and
// for at least the three months that follow; then they are over, as seasons are.
func Promotions(now time.Time) []*pricingv1.Promotion {
	begins := seasonOf(now)
	next := begins.AddDate(0, 3, 0)
	return []*pricingv1.Promotion{
		{
			Id: "welcome10", Name: "Welcome: 10 % off", Kind: pricingv1.Promotion_KIND_PERCENT, PercentMillionths: 100_000,
			Codes: []string{"WELCOME10"}, MaxUsesPerCustomer: 1, Combinable: true,
		},
		seasonal(begins),
		seasonal(next),
	}
}

// seasonal is free delivery during the season that begins then.
func seasonal(begins time.Time) *pricingv1.Promotion {
	season := seasons[begins.Month()]
	return &pricingv1.Promotion{
		Id: strings.ToLower(season) + "-delivery", Name: season + ": free delivery from €40", Kind: pricingv1.Promotion_KIND_FREE_DELIVERY,
		Minimums: []*pricingv1.Promotion_Amount{{CurrencyCode: "EUR", AmountMinor: 4000}}, Combinable: true,
		StartsAt: timestamppb.New(begins), EndsAt: timestamppb.New(begins.AddDate(0, 3, 0)),
	}
}

// seasons are those of the northern half of the world, by the month they begin in.
var seasons = map[time.Month]string{time.March: "Spring", time.June: "Summer", time.September: "Autumn", time.December: "Winter"}

// seasonOf is when the season of this time began: on the first of a month, in UTC.
func seasonOf(now time.Time) time.Time {
	year, month, _ := now.UTC().Date()
	// December is the first month of winter, and the two after it are in the next year.
	return time.Date(year, month-month%3, 1, 0, 0, 0, 0, time.UTC)
}
