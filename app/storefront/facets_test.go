package storefront_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"galleria/modules/catalog/catalogtest"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/module/moduletest"
)

// shirts puts three shirts into the department of textiles.
func (s *shop) shirts(t *testing.T) {
	t.Helper()
	for i, sizes := range [][]string{{"S", "M"}, {"M", "L"}, {"L"}} {
		p := catalogtest.Product(fmt.Sprintf("SHIRT-%d", i))
		p.Name, p.Category, p.Tags = fmt.Sprintf("Shirt %d", i), "textiles", []string{"shirt", fmt.Sprintf("cut %d", i)}
		p.Options, p.Variants = []*catalogv1.Option{{Name: "Size & cut", Values: sizes}}, nil
		for _, size := range sizes {
			sku := fmt.Sprintf("SHIRT-%d-%s", i, size)
			p.Variants = append(p.Variants, &catalogv1.Variant{
				Sku: sku, OptionValues: []string{size}, Active: true, Prices: []*catalogv1.Price{{CurrencyCode: "EUR", AmountMinor: int64(2000 + 500*i)}},
			})
			s.setStock(t, sku, 3)
		}
		s.catalog.Put(p)
	}
}

// filter is the address of the filter that a page names so, and whether it is chosen.
func (p *page) filter(facet, name string) (href string, chosen bool) {
	p.t.Helper()
	for _, nav := range p.all("nav") {
		if attr(nav, "aria-label") != "Narrow by "+facet {
			continue
		}
		for a := range nav.Descendants() {
			if a.Data == "a" && strings.HasPrefix(strings.TrimSpace(inner(a)), name) {
				return attr(a, "href"), attr(a, "aria-current") != ""
			}
		}
	}
	return "", false
}

func TestAListIsNarrowedByItsFacets(t *testing.T) {
	s := newShop(t)
	s.shirts(t)
	v := s.visitor(t)
	p := v.get("/c/textiles?sort=name").want(http.StatusOK)
	if href, _ := p.filter("category", "Textiles"); href != "" {
		t.Errorf("a category page links to itself as a filter: %q", href)
	}
	m, chosen := p.filter("Size & cut", "M")
	if m == "" || chosen {
		t.Fatalf("the page has no filter for the size M")
	}
	p = v.get(m).want(http.StatusOK).says("2 things", "remove this filter")
	if got := p.names(); !slices.Equal(got, []string{"Shirt 0", "Shirt 1"}) {
		t.Errorf("size M: got %v, want the shirts 0 and 1, by name", got)
	}
	p.saysNot("Lighthouse Beanie")
	if !strings.Contains(p.body, `content="noindex`) {
		t.Error("a narrowed list can be indexed")
	}
	if got := p.hidden("option.Size & cut"); got != "M" {
		t.Errorf("the form keeps the size %q, want M", got)
	}
	cut, _ := p.filter("tag", "cut 1")
	p = v.get(cut).want(http.StatusOK).says("1 thing", "Shirt 1")
	back, chosen := p.filter("Size & cut", "M")
	if !chosen || strings.Contains(back, "Size") || !strings.Contains(back, "tag=cut+1") {
		t.Errorf("taking the size back leads to %q, want the tag kept and the size gone", back)
	}

	p = v.get("/search?q=shirt").want(http.StatusOK).says("3 things")
	if low, high := attr(p.field("min"), "placeholder"), attr(p.field("max"), "placeholder"); low != "20.00" || high != "30.00" {
		t.Errorf("prices: the form shows %q to %q, want 20.00 to 30.00", low, high)
	}
	l, _ := p.filter("Size & cut", "L")
	v.get(l).want(http.StatusOK).says("2 things", "Shirt 2").saysNot("Shirt 0")
	p = v.get("/search?q=blue").want(http.StatusOK)
	kitchen, _ := p.filter("category", "Kitchen")
	p = v.get(kitchen).want(http.StatusOK).says("Bluebell Stovetop Kettle").saysNot("Lighthouse Beanie")
	if _, chosen := p.filter("category", "Kitchen"); !chosen || p.hidden("category") != "kitchen" || p.hidden("q") != "blue" && attr(p.field("q"), "value") != "blue" {
		t.Error("a search in the kitchen does not show or keep the category")
	}
	v.get("/c/textiles?option.Size=XXXL&option.=x&option.A=").want(http.StatusOK).says("Nothing fits these filters")
	many := url.Values{}
	for i := range 50 {
		many.Set(fmt.Sprintf("option.%02d", i), "x")
	}
	v.get("/c/textiles?" + many.Encode()).want(http.StatusOK)
}

// hidden is the value of a field of the list's form that is not shown.
func (p *page) hidden(name string) string {
	for _, in := range p.all("input") {
		if attr(in, "type") == "hidden" && attr(in, "name") == name {
			return attr(in, "value")
		}
	}
	return ""
}

func TestWhatIsSoldOutIsLastOnItsPage(t *testing.T) {
	s := newShop(t)
	s.shirts(t)
	s.setStock(t, "SHIRT-0-S", 0)
	s.setStock(t, "SHIRT-1-M", 0)
	s.setStock(t, "SHIRT-1-L", 0)
	for _, path := range []string{"/search?q=shirt&sort=name", "/c/textiles?tag=shirt&sort=name"} {
		p := s.visitor(t).get(path).want(http.StatusOK).says("Sold out for now")
		if got := p.names(); !slices.Equal(got, []string{"Shirt 0", "Shirt 2", "Shirt 1"}) {
			t.Errorf("%s: got %v, want the shirt of which nothing is left last", path, got)
		}
	}
}

func TestAListWithoutStockIsInItsUsualOrder(t *testing.T) {
	s := newShop(t)
	s.shirts(t)
	s.setStock(t, "SHIRT-1-M", 0)
	s.setStock(t, "SHIRT-1-L", 0)
	s.inventory.Fail("GetLevels", moduletest.Unavailable("inventory"))
	p := s.visitor(t).get("/search?q=shirt&sort=name").want(http.StatusOK).saysNot("Sold out")
	if got := p.names(); !slices.Equal(got, []string{"Shirt 0", "Shirt 1", "Shirt 2"}) {
		t.Errorf("got %v, want the order by name", got)
	}
}

func TestAListThatDoesNotWaitForTheStockLeavesItForTheNext(t *testing.T) {
	s := newShop(t)
	s.setStock(t, "LMP-ARC-01", 0)
	v := s.visitor(t)
	showsNext := func() bool {
		slow, over := make(chan struct{}), make(chan struct{})
		var once sync.Once
		s.inventory.Before("GetLevels", func(ctx context.Context) error {
			defer once.Do(func() { close(over) })
			select {
			case <-slow:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		v.get("/c/lighting").want(http.StatusOK).saysNot("Sold out") // it did not wait
		close(slow)
		<-over
		for n := range 100 {
			other := fmt.Sprintf("/c/lighting?max=%d", 1000+n) // not a page that is kept
			if strings.Contains(v.get(other).want(http.StatusOK).body, "Sold out for now") {
				return true
			}
		}
		return false
	}
	// On a machine that stands still for long the question may end before its answer.
	for range 5 {
		if showsNext() {
			return
		}
		s.clock.pass(time.Minute)
	}
	t.Error("a list that follows a slow answer of inventory does not say what is sold out")
}
