package service

import (
	"context"
	"errors"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/modules/pricing/internal/promotion"
	"galleria/modules/pricing/internal/quote"
	"galleria/modules/pricing/internal/tariff"
	pricingv1 "galleria/modules/pricing/v1"
	"galleria/platform/contract"
	"galleria/platform/countries"
)

// Quote implements the contract.
func (s *Service) Quote(ctx context.Context, r *pricingv1.QuoteRequest) (*pricingv1.QuoteResponse, error) {
	if err := contract.Invalid(checkQuote(r)...); err != nil {
		return nil, err
	}
	offers, err := s.offers(ctx, r)
	if err != nil {
		return nil, err
	}
	book := s.book.Load()
	asked, to, err := s.request(ctx, r, offers, book)
	if err != nil {
		return nil, err
	}
	q, err := quote.Table(book.tariffs.Table).Price(asked)
	if errors.Is(err, quote.ErrTooMuch) {
		return nil, contract.Invalid(contract.Violation{Field: "lines", Message: "cost too much together to be priced"})
	}
	if err != nil {
		return nil, err
	}
	answer := toQuote(r, to, q, offers)
	answer.TaxRegion = taxRegion(to, book.tariffs.Table.Taxes)
	return &pricingv1.QuoteResponse{Quote: answer}, nil
}

// taxRegion is whether a destination says enough for the taxes.
func taxRegion(to *pricingv1.Destination, taxes tariff.Taxes) pricingv1.TaxRegion {
	if _, has := taxes[to.GetCountry()+"-"+to.GetRegion()]; has {
		return pricingv1.TaxRegion_TAX_REGION_KNOWN
	}
	switch {
	case !taxes.ByRegion(to.GetCountry()):
		return pricingv1.TaxRegion_TAX_REGION_UNSPECIFIED
	case to.GetRegion() == "":
		return pricingv1.TaxRegion_TAX_REGION_MISSING
	case !countries.IsRegion(to.GetCountry(), to.GetRegion()):
		return pricingv1.TaxRegion_TAX_REGION_UNKNOWN
	}
	return pricingv1.TaxRegion_TAX_REGION_KNOWN // which the table has no tax for
}

func (s *Service) offers(ctx context.Context, r *pricingv1.QuoteRequest) (map[string]Offer, error) {
	if len(r.GetLines()) == 0 {
		return nil, nil
	}
	skus := make([]string, len(r.GetLines()))
	for i, l := range r.GetLines() {
		skus[i] = l.GetSku()
	}
	offers, err := s.Offers.Offers(ctx, skus, r.GetCurrencyCode())
	switch {
	case err == nil:
		return offers, nil
	case ctx.Err() != nil: // a caller that gave up, or whose time is over, hears just that
		return nil, ctx.Err()
	}
	return nil, status.Errorf(codes.Unavailable, "nothing can be priced: the catalog does not answer (%s); ask again in a moment", status.Code(err))
}

// request is what is asked, in the words of the domain.
func (s *Service) request(ctx context.Context, r *pricingv1.QuoteRequest, offers map[string]Offer, book *book) (quote.Request, *pricingv1.Destination, error) {
	to := destination(r.GetDestination(), book.tariffs.Table)
	asked := quote.Request{
		Lines:    make([]quote.Line, len(r.GetLines())),
		Currency: r.GetCurrencyCode(), Country: to.GetCountry(), Region: to.GetRegion(), Option: r.GetDeliveryOption(),
		Automatic: book.automatic, Now: s.Now(),
	}
	for i, l := range r.GetLines() {
		o, known := offers[l.GetSku()]
		asked.Lines[i] = quote.Line{
			SKU: l.GetSku(), Quantity: l.GetQuantity(), Unit: o.Price, Category: o.Category, Tags: o.Tags,
			Grams: int64(o.Grams), TaxClass: o.TaxClass, Left: !known || o.Problem != 0,
		}
	}
	var err error
	asked.Codes, err = s.codes(ctx, r, book)
	return asked, to, err
}

// destination is where goods go: to the shop's own country unless it is said.
func destination(d *pricingv1.Destination, table tariff.Table) *pricingv1.Destination {
	if d == nil {
		return &pricingv1.Destination{Country: table.Delivery.Home}
	}
	region := strings.ToUpper(countries.RegionCode(d.GetCountry(), d.GetRegion()))
	return &pricingv1.Destination{Country: d.GetCountry(), Region: region, PostalCode: d.GetPostalCode()}
}

// codes finds the promotions of codes. Only those with limits cost a look at the
// database.
func (s *Service) codes(ctx context.Context, r *pricingv1.QuoteRequest, book *book) ([]quote.Code, error) {
	var found []quote.Code
	var limited []string
	for _, code := range r.GetCodes() {
		p := book.byCode[promotion.Fold(code)]
		found = append(found, quote.Code{Asked: code, Promotion: p})
		if p != nil && p.Limited() {
			limited = append(limited, p.ID())
		}
	}
	if len(limited) == 0 {
		return found, nil
	}
	usedUp, err := s.Store.UsedUp(ctx, limited, r.GetEmail(), r.GetReplacesOrderId())
	if err != nil {
		return nil, err
	}
	for i, c := range found {
		found[i].UsedUp = c.Promotion != nil && usedUp[c.Promotion.ID()]
	}
	return found, nil
}

var problems = map[quote.Problem]pricingv1.CodeProblem_Problem{
	quote.Unknown:     pricingv1.CodeProblem_PROBLEM_UNKNOWN,
	quote.Ended:       pricingv1.CodeProblem_PROBLEM_ENDED,
	quote.NotYet:      pricingv1.CodeProblem_PROBLEM_NOT_YET,
	quote.UsedUp:      pricingv1.CodeProblem_PROBLEM_USED_UP,
	quote.TooLittle:   pricingv1.CodeProblem_PROBLEM_MINIMUM_NOT_REACHED,
	quote.NotForThese: pricingv1.CodeProblem_PROBLEM_NOT_FOR_THESE,
	quote.NotCombined: pricingv1.CodeProblem_PROBLEM_NOT_COMBINED,
}

func toTotals(t quote.Totals) *pricingv1.Totals {
	return &pricingv1.Totals{
		GoodsMinor: t.Goods, DiscountMinor: t.Discount, DeliveryMinor: t.Delivery, DeliveryTaxMinor: t.DeliveryTax,
		TaxMinor: t.Tax, TotalMinor: t.Total, TaxesIncluded: t.Included,
	}
}

func toOptions(offers []tariff.Offer) (options []*pricingv1.DeliveryOption) {
	for _, o := range offers {
		options = append(options, &pricingv1.DeliveryOption{Id: o.ID, Name: o.Name, PriceMinor: o.Price, DaysMin: int32(o.DaysMin), DaysMax: int32(o.DaysMax)})
	}
	return options
}

func toTaxes(q quote.Quote) (taxes []*pricingv1.TaxLine) {
	for _, x := range q.Taxes {
		taxes = append(taxes, &pricingv1.TaxLine{Name: x.Name, RateMillionths: int64(x.Rate), AmountMinor: x.Amount, Included: q.Totals.Included})
	}
	return taxes
}

func toQuote(r *pricingv1.QuoteRequest, to *pricingv1.Destination, q quote.Quote, offers map[string]Offer) *pricingv1.Quote {
	answer := &pricingv1.Quote{
		Lines: make([]*pricingv1.QuoteLine, len(q.Lines)), CurrencyCode: r.GetCurrencyCode(),
		DeliveryOptions: toOptions(q.Options), DeliveryOption: q.Option, Destination: to, Fingerprint: q.Fingerprint,
		Totals: toTotals(q.Totals), Taxes: toTaxes(q),
	}
	for i, l := range q.Lines {
		answer.Lines[i] = toLine(l, offers)
	}
	for _, d := range q.Discounts {
		discount := &pricingv1.Discount{PromotionId: d.Promotion.ID(), Name: d.Promotion.Name(), AmountMinor: d.Goods, DeliveryMinor: d.Delivery}
		if d.Code != "" {
			discount.Code = d.Promotion.Spelling(d.Code)
		}
		answer.Discounts = append(answer.Discounts, discount)
	}
	for _, p := range q.Problems {
		answer.CodeProblems = append(answer.CodeProblems, &pricingv1.CodeProblem{Code: p.Code, Problem: problems[p.Problem], MinimumMinor: p.Minimum})
	}
	return answer
}

func toLine(l quote.Priced, offers map[string]Offer) *pricingv1.QuoteLine {
	line := &pricingv1.QuoteLine{
		Sku: l.SKU, Quantity: l.Quantity, UnitPriceMinor: l.Unit, DiscountMinor: l.Discount, TaxMinor: l.Tax, TotalMinor: l.Total,
		Problem: pricingv1.LineProblem_LINE_PROBLEM_NOT_SOLD,
	}
	if o, known := offers[l.SKU]; known {
		line.Problem, line.CompareAtMinor = o.Problem, o.CompareAt
		line.Name, line.Variant, line.Slug, line.Picture = o.Name, o.Variant, o.Slug, o.Picture
		line.WeightGrams, line.TaxClass = o.Grams, o.TaxClass
	}
	return line
}
