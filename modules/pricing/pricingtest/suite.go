// Package pricingtest holds the contract suite of pricing, and what tests of other
// modules use: the module itself, over a temporary database.
package pricingtest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"galleria/migrations"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/modules/pricing"
	pricingv1 "galleria/modules/pricing/v1"
	"galleria/platform/id"
	"galleria/platform/module"
	"galleria/platform/module/moduletest"
)

// Definition is the module with its defaults, in every world it is started in.
func Definition() module.Definition {
	return module.Definition{
		Name:       pricing.Name,
		Contract:   &pricingv1.PricingService_ServiceDesc,
		Needs:      []string{"catalog"},
		Migrations: migrations.For(pricing.Name),
		New: func(h module.Host) (*module.Instance, error) {
			return pricing.New(h, pricing.Needs{Catalog: catalogv1.NewCatalogServiceClient(h.Need("catalog"))}, pricing.DefaultConfig())
		},
	}
}

// World is what the suite works on. Others may use it too: the cases make skus, orders,
// promotions and codes of their own, and promotions for their own skus only.
type World struct {
	Pricing pricingv1.PricingServiceClient
	Catalog catalogv1.CatalogServiceClient
	// Outside is how a caller without rights of its own reaches it, such as the edge.
	Outside grpc.ClientConnInterface
}

// Run tests the contract.
func Run(t *testing.T, w World) {
	moduletest.Cases{
		"Quote":            quoteCases(w),
		"Redeem":           redeemCases(w),
		"Unredeem":         unredeemCases(w),
		"UpsertPromotions": upsertCases(w),
		"ListPromotions":   listCases(w),
		"EndPromotion":     endCases(w),
		"GetTariffs":       getTariffsCases(w),
		"ChangeTariffs":    changeTariffsCases(w),
		"ResetTariffs":     resetTariffsCases(w),
		"TryTariffs":       tryTariffsCases(w),
	}.Run(t, &pricingv1.PricingService_ServiceDesc)
	moduletest.Refused(t, w.Outside, pricingv1.Reason_REASON_NOT_ALLOWED,
		pricingv1.PricingService_Redeem_FullMethodName,
		pricingv1.PricingService_Unredeem_FullMethodName,
		pricingv1.PricingService_UpsertPromotions_FullMethodName,
		pricingv1.PricingService_ListPromotions_FullMethodName,
		pricingv1.PricingService_EndPromotion_FullMethodName,
		pricingv1.PricingService_GetTariffs_FullMethodName,
		pricingv1.PricingService_ChangeTariffs_FullMethodName,
		pricingv1.PricingService_ResetTariffs_FullMethodName,
		pricingv1.PricingService_TryTariffs_FullMethodName,
	)
}

type (
	cases     = map[string]func(t *testing.T)
	promotion = pricingv1.Promotion
)

// shop is one case's, with goods of its own.
type shop struct {
	*testing.T
	World
	own string // begins the names of what is its own
}

func (w World) shop(t *testing.T) *shop { return &shop{t, w, id.New()} }

// sell puts a thing into the catalog, at a price in euros unless changed.
func (s *shop) sell(name string, price int64, change ...func(*catalogv1.Product)) string {
	s.Helper()
	sku := s.own + "-" + name
	p := &catalogv1.Product{
		Name: "Thing " + name, Slug: strings.ToLower(sku), Category: strings.ToLower(s.own),
		Pictures: []*catalogv1.Picture{{Name: "thing.svg"}}, Tags: []string{s.own}, Active: true,
		Variants: []*catalogv1.Variant{{
			Sku: sku, Active: true, Prices: []*catalogv1.Price{{CurrencyCode: "EUR", AmountMinor: price}},
		}},
	}
	for _, do := range change {
		do(p)
	}
	if _, err := s.Catalog.UpsertProducts(s.Context(), &catalogv1.UpsertProductsRequest{Products: []*catalogv1.Product{p}}); err != nil {
		s.Fatalf("put %s into the catalog: %v", sku, err)
	}
	return sku
}

// code is a voucher code of the shop's own.
func (s *shop) code(name string) string { return strings.ToUpper(s.own[len(s.own)-16:]) + name }

// promote makes a promotion for the shop's goods with a code, 10 % unless changed.
func (s *shop) promote(name string, change ...func(*promotion)) *promotion {
	s.Helper()
	p := s.promotion(name, change...)
	if err := s.upsert(p); err != nil {
		s.Fatalf("make promotion %s: %v", p.GetId(), err)
	}
	return p
}

func (s *shop) promotion(name string, change ...func(*promotion)) *promotion {
	p := &promotion{
		Id: strings.ToLower(s.own + "-" + name), Name: "Promotion " + name, Kind: pricingv1.Promotion_KIND_PERCENT, PercentMillionths: 100_000,
		Tags: []string{s.own}, Codes: []string{s.code(name)}, Combinable: true,
	}
	for _, do := range change {
		do(p)
	}
	return p
}

func (s *shop) upsert(all ...*promotion) error {
	_, err := s.Pricing.UpsertPromotions(s.Context(), &pricingv1.UpsertPromotionsRequest{Promotions: all})
	return err
}

// used is how often a promotion was used.
func (s *shop) used(p *promotion) int64 {
	s.Helper()
	got := s.find(p.GetId())
	if got == nil {
		s.Fatalf("promotion %s is not listed", p.GetId())
	}
	return got.GetUsed()
}

// find looks a promotion up in the list.
func (s *shop) find(id string) *promotion {
	s.Helper()
	for token := ""; ; {
		page, err := s.Pricing.ListPromotions(s.Context(), &pricingv1.ListPromotionsRequest{PageSize: 100, PageToken: token})
		if err != nil {
			s.Fatalf("list promotions: %v", err)
		}
		for _, p := range page.GetPromotions() {
			if p.GetId() == id {
				return p
			}
		}
		if token = page.GetNextPageToken(); token == "" {
			return nil
		}
	}
}

// request asks for one of each sku, in euros, to the shop's own country.
func request(skus ...string) *pricingv1.QuoteRequest {
	r := &pricingv1.QuoteRequest{CurrencyCode: "EUR"}
	for _, sku := range skus {
		r.Lines = append(r.Lines, &pricingv1.QuoteRequest_Line{Sku: sku, Quantity: 1})
	}
	return r
}

func (s *shop) quote(r *pricingv1.QuoteRequest) *pricingv1.Quote {
	s.Helper()
	answer, err := s.Pricing.Quote(s.Context(), r)
	if err != nil {
		s.Fatalf("quote: %v", err)
	}
	wantSums(s.T, answer.GetQuote())
	return answer.GetQuote()
}

// wantSums wants the parts to sum, as the contract says.
func wantSums(t *testing.T, q *pricingv1.Quote) {
	t.Helper()
	var lines, discounts, taxes, byPromotion, byRate int64
	for _, l := range q.GetLines() {
		lines += l.GetTotalMinor()
		discounts += l.GetDiscountMinor()
		taxes += l.GetTaxMinor()
	}
	for _, d := range q.GetDiscounts() {
		byPromotion += d.GetAmountMinor()
	}
	for _, x := range q.GetTaxes() {
		byRate += x.GetAmountMinor()
	}
	totals := q.GetTotals()
	total, ofLines := totals.GetGoodsMinor()-totals.GetDiscountMinor()+totals.GetDeliveryMinor(), lines+totals.GetDeliveryMinor()
	if !totals.GetTaxesIncluded() {
		total, ofLines = total+totals.GetTaxMinor(), ofLines+totals.GetDeliveryTaxMinor()
	}
	got := []int64{total, ofLines, discounts, byPromotion, taxes + totals.GetDeliveryTaxMinor(), byRate}
	want := []int64{totals.GetTotalMinor(), totals.GetTotalMinor(), totals.GetDiscountMinor(), totals.GetDiscountMinor(), totals.GetTaxMinor(), totals.GetTaxMinor()}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("parts sum to %v, want %v, of %v", got, want, q)
	}
}

func (s *shop) redeem(order string, email string, codes ...string) error {
	_, err := s.Pricing.Redeem(s.Context(), &pricingv1.RedeemRequest{OrderId: order, Codes: codes, Email: email})
	return err
}

func (s *shop) unredeem(order string) {
	s.Helper()
	if _, err := s.Pricing.Unredeem(s.Context(), &pricingv1.UnredeemRequest{OrderId: order}); err != nil {
		s.Fatalf("unredeem %s: %v", order, err)
	}
}

func (s *shop) works(err error) {
	s.Helper()
	if err != nil {
		s.Fatalf("got error %v, want none", err)
	}
}

func in(d time.Duration) *timestamppb.Timestamp { return timestamppb.New(time.Now().Add(d)) }
