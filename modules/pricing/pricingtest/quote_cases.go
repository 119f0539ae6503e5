package pricingtest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	catalogv1 "galleria/modules/catalog/v1"
	pricingv1 "galleria/modules/pricing/v1"
	"galleria/platform/module/moduletest"
)

func quoteCases(w World) cases {
	return cases{
		"adds goods and delivery, with the tax within": func(t *testing.T) {
			s := w.shop(t)
			r := request(s.sell("mug", 1190))
			r.Lines[0].Quantity = 2
			q := s.quote(r)
			l, totals := q.GetLines()[0], q.GetTotals()
			got := fmt.Sprint(l.GetUnitPriceMinor(), l.GetTotalMinor(), l.GetTaxMinor(), totals.GetGoodsMinor(), totals.GetDeliveryMinor(), totals.GetTaxMinor(), totals.GetTotalMinor(), totals.GetTaxesIncluded())
			if want := "1190 2380 380 2380 490 458 2870 true"; got != want || l.GetName() != "Thing mug" || l.GetPicture() != "thing.svg" || q.GetDestination().GetCountry() != "DE" {
				t.Errorf("got %s, want %s; %v", got, want, q)
			}
			if len(q.GetTaxes()) != 1 || q.GetTaxes()[0].GetName() != "VAT 19 %" || !q.GetTaxes()[0].GetIncluded() {
				t.Errorf("got taxes %v, want VAT 19 %%", q.GetTaxes())
			}
		},
		"adds the tax of a state to the prices": func(t *testing.T) {
			s := w.shop(t)
			r := request(s.sell("mug", 2000, func(p *catalogv1.Product) { p.Variants[0].Prices[0].CurrencyCode = "USD" }))
			r.CurrencyCode, r.Destination = "USD", &pricingv1.Destination{Country: "US", Region: "ca"}
			totals := s.quote(r).GetTotals()
			got := fmt.Sprint(totals.GetDeliveryMinor(), totals.GetTaxMinor(), totals.GetDeliveryTaxMinor(), totals.GetTotalMinor(), totals.GetTaxesIncluded())
			if want := "2190 304 159 4494 false"; got != want {
				t.Errorf("got %s, want %s", got, want)
			}
			r.Destination.Region = "OR"
			if totals := s.quote(r).GetTotals(); totals.GetTaxMinor() != 0 || totals.GetTotalMinor() != 4190 {
				t.Errorf("a state without tax: got %v", totals)
			}
		},
		"takes a region by code or name, and says when taxes need one": func(t *testing.T) {
			s := w.shop(t)
			r := request(s.sell("mug", 2000, func(p *catalogv1.Product) { p.Variants[0].Prices[0].CurrencyCode = "USD" }))
			r.CurrencyCode = "USD"
			prints := map[string]string{}
			for _, c := range []struct {
				country, region, at string
				want                pricingv1.TaxRegion
				tax                 int64
			}{
				{"US", "CA", "CA", pricingv1.TaxRegion_TAX_REGION_KNOWN, 304},
				{"US", "california", "CA", pricingv1.TaxRegion_TAX_REGION_KNOWN, 304},
				{"US", " NEW   York ", "NY", pricingv1.TaxRegion_TAX_REGION_KNOWN, 168},
				{"US", "US-NY", "NY", pricingv1.TaxRegion_TAX_REGION_KNOWN, 168},
				{"US", "Oregon", "OR", pricingv1.TaxRegion_TAX_REGION_KNOWN, 0},
				{"US", "", "", pricingv1.TaxRegion_TAX_REGION_MISSING, 0},
				{"US", "  ", "", pricingv1.TaxRegion_TAX_REGION_MISSING, 0},
				{"US", "Yorkshire", "YORKSHIRE", pricingv1.TaxRegion_TAX_REGION_UNKNOWN, 0},
				{"US", "ZZ", "ZZ", pricingv1.TaxRegion_TAX_REGION_UNKNOWN, 0},
				{"CH", "", "", pricingv1.TaxRegion_TAX_REGION_UNSPECIFIED, 0},
			} {
				r.Destination = &pricingv1.Destination{Country: c.country, Region: c.region}
				q := s.quote(r)
				if q.GetTaxRegion() != c.want || q.GetTotals().GetTaxMinor() != c.tax || q.GetDestination().GetRegion() != c.at {
					t.Errorf("%s %q: got %v, tax %d, for %v; want %v, tax %d, for %q", c.country, c.region, q.GetTaxRegion(), q.GetTotals().GetTaxMinor(), q.GetDestination(), c.want, c.tax, c.at)
				}
				if seen := prints[c.country+c.at]; seen != "" && seen != q.GetFingerprint() {
					t.Errorf("%s %q: another fingerprint than for the same place, spelt another way", c.country, c.region)
				}
				prints[c.country+c.at] = q.GetFingerprint()
			}
		},
		"says which lines can't be bought, and counts them nowhere": func(t *testing.T) {
			s := w.shop(t)
			good := s.sell("good", 1000)
			dollars := s.sell("dollars", 1000, func(p *catalogv1.Product) { p.Variants[0].Prices[0].CurrencyCode = "USD" })
			gone := s.sell("gone", 1000, func(p *catalogv1.Product) { p.Active = false })
			q := s.quote(request(dollars, good, gone, s.own+"-never"))
			var got []pricingv1.LineProblem
			for _, l := range q.GetLines() {
				got = append(got, l.GetProblem())
			}
			want := []pricingv1.LineProblem{pricingv1.LineProblem_LINE_PROBLEM_NO_PRICE, 0, pricingv1.LineProblem_LINE_PROBLEM_NOT_SOLD, pricingv1.LineProblem_LINE_PROBLEM_NOT_SOLD}
			if !slices.Equal(got, want) || q.GetTotals().GetGoodsMinor() != 1000 || q.GetLines()[0].GetTotalMinor() != 0 {
				t.Errorf("got %v and %v, want %v and goods of 1000", got, q.GetTotals(), want)
			}
			if q := s.quote(request(gone)); len(q.GetDeliveryOptions()) != 0 || q.GetTotals().GetTotalMinor() != 0 {
				t.Errorf("nothing to buy: got %v, want no delivery and 0", q)
			}
		},
		"brings along what the catalog says of a variant": func(t *testing.T) {
			s := w.shop(t)
			sku := s.sell("shirt", 2000, func(p *catalogv1.Product) {
				p.Options = []*catalogv1.Option{{Name: "Size", Values: []string{"S", "M"}}, {Name: "Colour", Values: []string{"Red"}}}
				v := p.Variants[0]
				v.OptionValues, v.WeightGrams, v.TaxClass, v.Picture = []string{"M", "Red"}, 6000, "reduced", "red.svg"
				v.Prices[0].CompareAtMinor = 2500
			})
			q := s.quote(request(sku))
			l := q.GetLines()[0]
			got := fmt.Sprint(l.GetName(), ", ", l.GetVariant(), ", ", l.GetSlug(), ", ", l.GetPicture(), ", ", l.GetUnitPriceMinor(), l.GetCompareAtMinor(), l.GetWeightGrams(), l.GetTaxClass())
			if want := fmt.Sprint("Thing shirt, M / Red, ", strings.ToLower(sku), ", red.svg, 2000 2500 6000reduced"); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
			// 7 % of 2000 and of the delivery of more than 5 kg.
			if l.GetTaxMinor() != 131 || q.GetTotals().GetDeliveryMinor() != 990 || q.GetTotals().GetDeliveryTaxMinor() != 65 || q.GetTaxes()[0].GetName() != "VAT 7 %" {
				t.Errorf("got a tax of %d and %v, %v; want the class's rate, and delivery by weight", l.GetTaxMinor(), q.GetTotals(), q.GetTaxes())
			}
			one := s.quote(request(sku)).GetFingerprint()
			if s.sell("shirt", 2000); s.quote(request(sku)).GetFingerprint() == one {
				t.Error("another weight and tax class: want another fingerprint, for totals differ")
			}
		},
		"offers delivery, the cheapest first and chosen": func(t *testing.T) {
			s := w.shop(t)
			r := request(s.sell("mug", 1000))
			q := s.quote(r)
			if len(q.GetDeliveryOptions()) != 2 || q.GetDeliveryOption() != "standard" || q.GetDeliveryOptions()[1].GetPriceMinor() != 1290 || q.GetDeliveryOptions()[0].GetDaysMax() != 4 {
				t.Errorf("got %v, want standard and express", q.GetDeliveryOptions())
			}
			r.DeliveryOption = "express"
			if q := s.quote(r); q.GetDeliveryOption() != "express" || q.GetTotals().GetTotalMinor() != 2290 {
				t.Errorf("express: got %s, %v", q.GetDeliveryOption(), q.GetTotals())
			}
			r.DeliveryOption = "by balloon"
			if q := s.quote(r); q.GetDeliveryOption() != "standard" {
				t.Errorf("an unknown option: got %s, want the cheapest", q.GetDeliveryOption())
			}
		},
		"where no delivery goes there are no options": func(t *testing.T) {
			s := w.shop(t)
			r := request(s.sell("mug", 1000, func(p *catalogv1.Product) { p.Variants[0].Prices[0].CurrencyCode = "SEK" }))
			r.CurrencyCode = "SEK" // no rates by default
			if q := s.quote(r); len(q.GetDeliveryOptions()) != 0 || q.GetDeliveryOption() != "" || q.GetTotals().GetTotalMinor() != 1000 {
				t.Errorf("got %v", q)
			}
		},
		"the fingerprint is the same in any order, and another when something is agreed to": func(t *testing.T) {
			s := w.shop(t)
			one, two := s.sell("one", 1000), s.sell("two", 500)
			s.promote("TEN")
			plain := request(one, two)
			first := s.quote(plain)
			if again := s.quote(plain); !proto.Equal(first, again) {
				t.Errorf("the same request again: got %v, want %v", again, first)
			}
			if turned := s.quote(request(two, one)); turned.GetFingerprint() != first.GetFingerprint() || turned.GetLines()[0].GetSku() != two {
				t.Error("another order of lines: want the same fingerprint, and lines as asked")
			}
			seen := map[string]string{"as it was": first.GetFingerprint()}
			for name, change := range map[string]func(*pricingv1.QuoteRequest){
				"a quantity":  func(r *pricingv1.QuoteRequest) { r.Lines[0].Quantity = 2 },
				"a line":      func(r *pricingv1.QuoteRequest) { r.Lines = r.Lines[:1] },
				"a country":   func(r *pricingv1.QuoteRequest) { r.Destination = &pricingv1.Destination{Country: "FR"} },
				"a region":    func(r *pricingv1.QuoteRequest) { r.Destination = &pricingv1.Destination{Country: "DE", Region: "BE"} },
				"a delivery":  func(r *pricingv1.QuoteRequest) { r.DeliveryOption = "express" },
				"a code":      func(r *pricingv1.QuoteRequest) { r.Codes = []string{s.code("TEN")} },
				"a typo":      func(r *pricingv1.QuoteRequest) { r.Codes = []string{s.code("TENN")} },
				"two of them": func(r *pricingv1.QuoteRequest) { r.Codes = []string{s.code("TENN"), s.code("TNE")} },
				"a currency":  func(r *pricingv1.QuoteRequest) { r.CurrencyCode = "USD" },
			} {
				r := proto.CloneOf(plain)
				change(r)
				seen[name] = s.quote(r).GetFingerprint()
			}
			turned := proto.CloneOf(plain)
			turned.Codes = []string{strings.ToLower(s.code("TNE")), s.code("TENN")}
			if s.quote(turned).GetFingerprint() != seen["two of them"] {
				t.Error("another order of codes: want the same fingerprint")
			}
			s.sell("one", 1001)
			seen["a price"] = s.quote(plain).GetFingerprint()
			different := map[string]string{}
			for name, print := range seen {
				if other, twice := different[print]; twice || print == "" {
					t.Errorf("%s and %s have one fingerprint", name, other)
				}
				different[print] = name
			}
		},
		"takes off what a code says, whatever its capitals": func(t *testing.T) {
			s := w.shop(t)
			r := request(s.sell("mug", 995))
			s.promote("TEN")
			r.Codes = []string{" " + strings.ToLower(s.code("TEN")) + " "}
			q := s.quote(r)
			if len(q.GetDiscounts()) != 1 || q.GetDiscounts()[0].GetCode() != s.code("TEN") || q.GetDiscounts()[0].GetAmountMinor() != 100 || len(q.GetCodeProblems()) != 0 {
				t.Errorf("got %v and %v, want 100 off", q.GetDiscounts(), q.GetCodeProblems())
			}
		},
		"applies what needs no code": func(t *testing.T) {
			s := w.shop(t)
			r := request(s.sell("mug", 1000))
			s.promote("sale", func(p *promotion) { p.Codes = nil })
			if q := s.quote(r); q.GetTotals().GetDiscountMinor() != 100 || q.GetDiscounts()[0].GetCode() != "" {
				t.Errorf("got %v, want 100 off without a code", q.GetDiscounts())
			}
		},
		"says of each code that does nothing why": func(t *testing.T) {
			s := w.shop(t)
			r := request(s.sell("mug", 1000))
			s.promote("ENDED", func(p *promotion) { p.EndsAt = in(-time.Hour) })
			s.promote("NOTYET", func(p *promotion) { p.StartsAt = in(time.Hour) })
			s.promote("MINIMUM", func(p *promotion) { p.Minimums = euros(5000) })
			s.promote("OTHERS", func(p *promotion) { p.Tags, p.Skus = nil, []string{"other"} })
			s.promote("DOLLARS", func(p *promotion) { dollarsOff(p) })
			s.promote("USEDUP", func(p *promotion) { p.MaxUses = 1 })
			s.works(s.redeem(s.own, "", s.code("USEDUP")))
			s.promote("GOOD")
			s.promote("LESS", func(p *promotion) { p.PercentMillionths, p.Combinable = 50_000, false })
			for name, want := range map[string]pricingv1.CodeProblem_Problem{
				"ENDED":   pricingv1.CodeProblem_PROBLEM_ENDED,
				"NOTYET":  pricingv1.CodeProblem_PROBLEM_NOT_YET,
				"MINIMUM": pricingv1.CodeProblem_PROBLEM_MINIMUM_NOT_REACHED,
				"OTHERS":  pricingv1.CodeProblem_PROBLEM_NOT_FOR_THESE,
				"DOLLARS": pricingv1.CodeProblem_PROBLEM_NOT_FOR_THESE,
				"USEDUP":  pricingv1.CodeProblem_PROBLEM_USED_UP,
				"LESS":    pricingv1.CodeProblem_PROBLEM_NOT_COMBINED,
				"NEVER":   pricingv1.CodeProblem_PROBLEM_UNKNOWN,
			} {
				r.Codes = []string{s.code("GOOD"), s.code(name)}
				q := s.quote(r)
				if got := q.GetCodeProblems(); len(got) != 1 || got[0].GetCode() != s.code(name) || got[0].GetProblem() != want || q.GetTotals().GetDiscountMinor() != 100 {
					t.Errorf("%s: got %v and %v, want %v", name, got, q.GetTotals(), want)
				}
				if got := q.GetCodeProblems()[0].GetMinimumMinor(); (got == 5000) != (name == "MINIMUM") {
					t.Errorf("%s: got a minimum of %d", name, got)
				}
			}
		},
		"what the order that is replaced has redeemed counts as given back": func(t *testing.T) {
			s := w.shop(t)
			r := request(s.sell("mug", 1000))
			s.promote("EACH", func(p *promotion) { p.MaxUsesPerCustomer = 1 })
			s.promote("ONCE", func(p *promotion) { p.MaxUses = 1 })
			s.works(s.redeem(s.own+"-1", "ana@example.org", s.code("EACH")))
			s.works(s.redeem(s.own+"-2", "", s.code("ONCE")))
			for code, order := range map[string]string{"EACH": s.own + "-1", "ONCE": s.own + "-2"} {
				r.Codes, r.Email = []string{s.code(code)}, "ana+2@example.org"
				for replaces, want := range map[string]int{"": 1, s.own + "-3": 1, order: 0} {
					if r.ReplacesOrderId = replaces; len(s.quote(r).GetCodeProblems()) != want {
						t.Errorf("%s for one that replaces %q: got %v, want %d problems", code, replaces, s.quote(r).GetCodeProblems(), want)
					}
				}
			}
			_, err := w.Pricing.Unredeem(t.Context(), &pricingv1.UnredeemRequest{OrderId: s.own + "-1"})
			s.works(err)
			s.works(s.redeem(s.own+"-4", "ana@example.org", s.code("EACH")))
			r.Codes, r.ReplacesOrderId = []string{s.code("EACH")}, s.own+"-1"
			if len(s.quote(r).GetCodeProblems()) != 1 {
				t.Error("what was given back before is given back again")
			}
		},
		"a customer's last use is said, to that customer only": func(t *testing.T) {
			s := w.shop(t)
			r := request(s.sell("mug", 1000))
			s.promote("ONCE", func(p *promotion) { p.MaxUsesPerCustomer = 1 })
			s.works(s.redeem(s.own, "ana@example.org", s.code("ONCE")))
			r.Codes = []string{s.code("ONCE")}
			for email, want := range map[string]int{"Ana@Example.org": 1, "ben@example.org": 0, "": 0} {
				if r.Email = email; len(s.quote(r).GetCodeProblems()) != want {
					t.Errorf("%q: got %v, want %d problems", email, s.quote(r).GetCodeProblems(), want)
				}
			}
		},
		"free delivery makes the cheapest option free": func(t *testing.T) {
			s := w.shop(t)
			r := request(s.sell("mug", 1000))
			s.promote("FREE", func(p *promotion) { p.Kind, p.PercentMillionths = pricingv1.Promotion_KIND_FREE_DELIVERY, 0 })
			r.Codes = []string{s.code("FREE")}
			q := s.quote(r)
			if q.GetTotals().GetDeliveryMinor() != 0 || len(q.GetDiscounts()) != 1 || q.GetDiscounts()[0].GetDeliveryMinor() != 490 {
				t.Errorf("got %v and %v, want 490 saved", q.GetTotals(), q.GetDiscounts())
			}
			r.DeliveryOption = "express"
			if q := s.quote(r); q.GetTotals().GetDeliveryMinor() != 1290 || len(q.GetDiscounts()) != 0 {
				t.Errorf("express: got %v and %v, want its price", q.GetTotals(), q.GetDiscounts())
			}
		},
		"names every bad field": func(t *testing.T) {
			_, err := w.Pricing.Quote(t.Context(), &pricingv1.QuoteRequest{
				Lines:        []*pricingv1.QuoteRequest_Line{{Sku: "a b", Quantity: 1}, {Sku: "ok", Quantity: 0}, {Sku: "ok", Quantity: 1000}},
				CurrencyCode: "EURO", Destination: &pricingv1.Destination{Country: "de"}, Codes: make([]string, 6), Email: "ana@",
			})
			moduletest.WantFields(t, err, "lines[0].sku", "lines[1].quantity", "lines[2].sku", "lines[2].quantity", "currency_code", "destination.country", "codes", "email")
		},
		"prices nothing at nothing": func(t *testing.T) {
			if q := w.shop(t).quote(request()); q.GetTotals().GetTotalMinor() != 0 || q.GetFingerprint() == "" {
				t.Errorf("got %v", q)
			}
		},
	}
}

func euros(minor int64) []*pricingv1.Promotion_Amount {
	return []*pricingv1.Promotion_Amount{{CurrencyCode: "EUR", AmountMinor: minor}}
}

func dollarsOff(p *promotion) {
	p.Kind, p.PercentMillionths = pricingv1.Promotion_KIND_AMOUNT, 0
	p.Amounts = []*pricingv1.Promotion_Amount{{CurrencyCode: "USD", AmountMinor: 500}}
}
