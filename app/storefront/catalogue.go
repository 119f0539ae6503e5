package storefront

import (
	"context"
	"slices"
	"strings"
	"time"

	"galleria/app/storefront/internal/page"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/money"
)

// shelves are the departments of the shop, which every page names.
type shelves struct {
	departments []page.Department
	version     uint64 // changes when they do
	at          time.Time
}

// departments are the shop's categories. What was known a moment ago will do;
// when catalog does not answer, so will what was known before.
func (s *Storefront) departments(ctx context.Context) ([]page.Department, error) {
	known := s.shelves.Load()
	if known != nil && s.now().Sub(known.at) < s.freshness {
		return known.departments, nil
	}
	at := s.now()
	answer, err := s.Catalog.ListCategories(ctx, &catalogv1.ListCategoriesRequest{})
	if err != nil {
		if known != nil {
			return known.departments, nil
		}
		return nil, err
	}
	fresh := &shelves{at: at}
	for _, c := range answer.GetCategories() {
		fresh.departments = append(fresh.departments, page.Department{Slug: c.GetSlug(), Name: c.GetName(), Count: int(c.GetProductCount()), Intro: c.GetIntro()})
	}
	fresh.version = s.versions.Add(1)
	if known != nil && slices.Equal(known.departments, fresh.departments) {
		fresh.version = known.version
	}
	s.shelves.Store(fresh)
	return fresh.departments, nil
}

// departmentsIfQuick are for pages that go on without them.
func (s *Storefront) departmentsIfQuick(ctx context.Context) []page.Department {
	ctx, done := context.WithTimeout(ctx, 300*time.Millisecond)
	defer done()
	all, _ := s.departments(ctx)
	return all
}

// lastDepartments are what was last known, without asking.
func (s *Storefront) lastDepartments() ([]page.Department, bool) {
	known := s.shelves.Load()
	if known == nil {
		return nil, false
	}
	return known.departments, true
}

func find(all []page.Department, slug string) (page.Department, bool) {
	for _, d := range all {
		if d.Slug == slug {
			return d, true
		}
	}
	return page.Department{}, false
}

// cards are products as lists show them, with prices in a currency.
func (s *Storefront) cards(products []*catalogv1.Product, currency string) []page.Card {
	all := make([]page.Card, 0, len(products))
	for _, p := range products {
		all = append(all, s.card(p, currency))
	}
	return all
}

func (s *Storefront) card(p *catalogv1.Product, currency string) page.Card {
	first := ""
	if len(p.GetPictures()) > 0 {
		first = p.GetPictures()[0].GetName()
	}
	c := page.Card{Name: p.GetName(), Slug: p.GetSlug(), Picture: s.gallery.of(first, p.GetCategory())}
	if low, high, priced := prices(p, currency); priced {
		c.Price = price(currency, low.GetAmountMinor())
		c.From = high.GetAmountMinor() > low.GetAmountMinor()
		if low.GetCompareAtMinor() > low.GetAmountMinor() {
			c.Before = price(currency, low.GetCompareAtMinor())
		}
	}
	return c
}

// prices are the lowest and the highest of a product's active variants in a currency.
func prices(p *catalogv1.Product, currency string) (low, high *catalogv1.Price, priced bool) {
	for _, v := range p.GetVariants() {
		for _, price := range v.GetPrices() {
			if !v.GetActive() || price.GetCurrencyCode() != currency {
				continue
			}
			if low == nil || price.GetAmountMinor() < low.GetAmountMinor() {
				low = price
			}
			if high == nil || price.GetAmountMinor() > high.GetAmountMinor() {
				high = price
			}
		}
	}
	return low, high, low != nil
}

// price is an amount for people and machines. A currency nobody knows is
// shown in its minor units: odd, but not wrong.
func price(currency string, minor int64) page.Price {
	m, err := money.New(currency, minor)
	if err != nil {
		if minor == 0 {
			return page.Price{}
		}
		return page.Price{Text: strings.TrimSpace(page.Number(minor) + " " + currency), Value: page.Number(minor)}
	}
	return page.Price{Text: m.Format(), Value: m.Decimal()}
}
