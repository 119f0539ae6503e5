package service

import (
	"fmt"
	"regexp"
	"unicode/utf8"

	"galleria/modules/pricing/internal/promotion"
	pricingv1 "galleria/modules/pricing/v1"
	"galleria/platform/contract"
	"galleria/platform/mailaddress"
	"galleria/platform/money"
)

const (
	maxLines      = 200
	maxQuantity   = 999
	maxCodes      = 5
	maxPromotions = 100
)

var (
	skuPattern     = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
	countryPattern = regexp.MustCompile(`^[A-Z]{2}$`)
	// Orders' ids are orders' business, within reason.
	namePattern = regexp.MustCompile(`^[\x21-\x7E]{1,128}$`)
)

// violations gathers what is wrong with a request.
type violations []contract.Violation

func (v *violations) check(good bool, field, format string, args ...any) {
	if !good {
		*v = append(*v, contract.Violation{Field: field, Message: fmt.Sprintf(format, args...)})
	}
}

func checkQuote(r *pricingv1.QuoteRequest) violations {
	var bad violations
	bad.check(len(r.GetLines()) <= maxLines, "lines", "has up to %d entries", maxLines)
	first := make(map[string]int, len(r.GetLines()))
	for i, l := range r.GetLines() {
		at := func(name string) string { return fmt.Sprintf("lines[%d].%s", i, name) }
		if !skuPattern.MatchString(l.GetSku()) {
			bad.check(false, at("sku"), "has 1 to 64 letters, digits, '-', '_' or '.'")
		} else if before, twice := first[l.GetSku()]; twice {
			bad.check(false, at("sku"), "is already in lines[%d]", before)
		}
		first[l.GetSku()] = i
		if l.GetQuantity() < 1 || l.GetQuantity() > maxQuantity {
			bad.check(false, at("quantity"), "is between 1 and %d", maxQuantity)
		}
	}
	bad.checkPlace(r.GetCurrencyCode(), r.GetDestination())
	bad.check(len(r.GetDeliveryOption()) <= 64, "delivery_option", "has up to 64 characters")
	bad.checkCodes(r.GetCodes())
	bad.checkEmail(r.GetEmail())
	return bad
}

// checkPlace looks at what is paid with, and where goods go.
func (v *violations) checkPlace(currency string, to *pricingv1.Destination) {
	_, err := money.New(currency, 0)
	v.check(err == nil, "currency_code", "is a currency of ISO 4217, such as EUR")
	if to != nil {
		v.check(countryPattern.MatchString(to.GetCountry()), "destination.country", "is a country of ISO 3166-1, such as DE")
		v.check(utf8.RuneCountInString(to.GetRegion()) <= 64, "destination.region", "has up to 64 characters")
		v.check(utf8.RuneCountInString(to.GetPostalCode()) <= 20, "destination.postal_code", "has up to 20 characters")
	}
}

// checkCodes bounds codes only: what can be none is answered as unknown.
func (v *violations) checkCodes(codes []string) {
	v.check(len(codes) <= maxCodes, "codes", "has up to %d entries", maxCodes)
	for i, c := range codes {
		v.check(utf8.RuneCountInString(c) <= 64, fmt.Sprintf("codes[%d]", i), "has up to 64 characters")
	}
}

func (v *violations) checkEmail(email string) {
	if email != "" {
		_, err := mailaddress.Parse(email)
		v.check(err == nil, "email", "is an e-mail address, or empty")
	}
}

func checkOrder(v *violations, id string) {
	v.check(namePattern.MatchString(id), "order_id", "has 1 to 128 printable characters without spaces")
}

// fromPromotions makes promotions, or says what is wrong with each bad field.
func fromPromotions(r *pricingv1.UpsertPromotionsRequest) ([]promotion.Promotion, violations) {
	var bad violations
	bad.check(len(r.GetPromotions()) <= maxPromotions, "promotions", "has up to %d entries", maxPromotions)
	all := make([]promotion.Promotion, len(r.GetPromotions()))
	first := map[string]int{}
	for i, p := range r.GetPromotions() {
		path := fmt.Sprintf("promotions[%d].", i)
		made, problems := fromPromotion(p)
		for _, problem := range problems {
			bad.check(false, path+problem.Field, "%s", problem.Message)
		}
		if before, twice := first[p.GetId()]; twice {
			bad.check(false, path+"id", "is already in promotions[%d]", before)
		}
		first[p.GetId()] = i
		all[i] = made
	}
	return all, bad
}
