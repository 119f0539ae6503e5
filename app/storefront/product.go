package storefront

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"galleria/app/storefront/internal/page"
	catalogv1 "galleria/modules/catalog/v1"
	inventoryv1 "galleria/modules/inventory/v1"
)

func (s *Storefront) product(c echo.Context) error {
	slug := c.Param("slug")
	if len(slug) > 250 {
		return echo.ErrNotFound
	}
	return s.kept(c, "product/"+slug, func(ctx context.Context) (templ.Component, error) { return s.composeProduct(ctx, slug) })
}

func (s *Storefront) composeProduct(ctx context.Context, slug string) (templ.Component, error) {
	answer, err := s.Catalog.GetProducts(ctx, &catalogv1.GetProductsRequest{Slugs: []string{slug}})
	if err != nil {
		return nil, err
	}
	if len(answer.GetProducts()) != 1 || !answer.GetProducts()[0].GetActive() {
		return nil, echo.ErrNotFound
	}
	p := answer.GetProducts()[0]
	departments, err := s.departments(ctx)
	if err != nil {
		return nil, err
	}
	d, _ := find(departments, p.GetCategory())
	if d.Slug == "" {
		d = page.Department{Slug: p.GetCategory(), Name: p.GetCategory()}
	}
	v := page.Product{
		Frame: s.frame(p.GetName(), departments), Card: s.card(p), SKU: p.GetSku(), Category: d,
		Paragraphs: paragraphs(p.GetDescription()),
		Stock:      s.stock(ctx, p.GetSku()),
		Related:    s.related(ctx, p),
		Crumbs:     []page.Crumb{{Name: "Home", Path: "/"}, {Name: d.Name, Path: "/c/" + url.PathEscape(d.Slug)}, {Name: p.GetName()}},
	}
	for _, name := range p.GetPictures() {
		v.Pictures = append(v.Pictures, s.pictures.address(name, p.GetCategory()))
	}
	for _, t := range p.GetTags() {
		v.Tags = append(v.Tags, page.Tag{Name: t, Href: "/search?" + url.Values{"q": {t}}.Encode()})
	}
	at := "/products/" + url.PathEscape(p.GetSlug())
	v.Section = d.Slug
	v.Description = summary(p.GetDescription())
	v.Canonical = s.base + at
	v.Data = schema(s.schemaProduct(p, v), s.breadcrumbs(v.Crumbs, at))
	return page.ProductPage(v), nil
}

// related are others of the same department; a page does without when they
// can't be had.
func (s *Storefront) related(ctx context.Context, p *catalogv1.Product) []page.Card {
	answer, err := s.Catalog.ListProducts(ctx, &catalogv1.ListProductsRequest{Category: p.GetCategory(), PageSize: 5})
	if err != nil {
		return nil
	}
	others := slices.DeleteFunc(answer.GetProducts(), func(o *catalogv1.Product) bool { return o.GetSku() == p.GetSku() })
	return s.cards(others[:min(len(others), 4)])
}

// stock asks inventory, shortly: a page without stock is better than none.
func (s *Storefront) stock(ctx context.Context, sku string) page.Stock {
	onHand, ok := s.onHand(ctx, sku)
	if !ok {
		return page.Stock{}
	}
	switch n := onHand[sku]; {
	case n <= 0:
		return page.Stock{Text: "Sold out for now", Class: "none", None: true}
	case n <= 5:
		return page.Stock{Text: fmt.Sprintf("Only %d left", n), Class: "few"}
	default:
		return page.Stock{Text: "In stock, ready to send"}
	}
}

// onHand is what can be sold of each sku; false when inventory does not say.
// An sku it does not know can't be sold.
func (s *Storefront) onHand(ctx context.Context, skus ...string) (map[string]int64, bool) {
	ctx, done := context.WithTimeout(ctx, 700*time.Millisecond)
	defer done()
	answer, err := s.Inventory.GetStock(ctx, &inventoryv1.GetStockRequest{Skus: skus})
	if err != nil {
		return nil, false
	}
	counts := make(map[string]int64, len(skus))
	for _, b := range answer.GetStock() {
		counts[b.GetSku()] = b.GetOnHand()
	}
	return counts, true
}

func paragraphs(text string) []string {
	var all []string
	for p := range strings.SplitSeq(text, "\n") {
		if p = strings.TrimSpace(p); p != "" {
			all = append(all, p)
		}
	}
	return all
}

// summary is the beginning of a description, for search results.
func summary(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	const most = 155
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	cut := string(runes[:most])
	if i := strings.LastIndexByte(cut, ' '); i > 0 {
		cut = cut[:i]
	}
	return strings.TrimRight(cut, " ,.;:") + "…"
}
