package storefront

import (
	"context"
	"encoding/binary"
	"fmt"
	"net/url"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"
	"google.golang.org/protobuf/proto"

	"galleria/app/storefront/internal/page"
	catalogv1 "galleria/modules/catalog/v1"
)

func (s *Storefront) product(c echo.Context) error {
	slug := c.Param("slug")
	if len(slug) > 250 {
		return echo.ErrNotFound
	}
	return s.kept(c, "product/"+slug, func(ctx context.Context) (sketch, error) { return s.composeProduct(ctx, slug) })
}

// composeProduct asks for what the page shows. Most of the time it shows the
// same as half a second ago, and needn't be drawn again.
func (s *Storefront) composeProduct(ctx context.Context, slug string) (sketch, error) {
	answer, err := s.Catalog.GetProducts(ctx, &catalogv1.GetProductsRequest{Slugs: []string{slug}})
	if err != nil {
		return sketch{}, err
	}
	if len(answer.GetProducts()) != 1 || !answer.GetProducts()[0].GetActive() {
		return sketch{}, echo.ErrNotFound
	}
	p := answer.GetProducts()[0]
	if _, err := s.departments(ctx); err != nil {
		return sketch{}, err
	}
	shelves, stock, others := s.shelves.Load(), s.stockOf(ctx, p.GetSku()), s.others(ctx, p.GetCategory())
	shows, err := proto.Marshal(p)
	if err != nil {
		return sketch{}, fmt.Errorf("compare product %s: %w", p.GetSku(), err)
	}
	shows = binary.BigEndian.AppendUint64(shows, shelves.version)
	shows = binary.BigEndian.AppendUint64(shows, others.version)
	shows = append(shows, stock.Text...)
	return sketch{shows: string(shows), draw: func() templ.Component {
		return s.drawProduct(p, shelves.departments, stock, others.cards)
	}}, nil
}

func (s *Storefront) drawProduct(p *catalogv1.Product, departments []page.Department, stock page.Stock, others []page.Card) templ.Component {
	d, _ := find(departments, p.GetCategory())
	if d.Slug == "" {
		d = page.Department{Slug: p.GetCategory(), Name: p.GetCategory()}
	}
	v := page.Product{
		Frame: s.frame(p.GetName(), departments), Card: s.card(p), SKU: p.GetSku(), Category: d,
		Paragraphs: paragraphs(p.GetDescription()), Stock: stock,
		Crumbs: []page.Crumb{{Name: "Home", Path: "/"}, {Name: d.Name, Path: "/c/" + url.PathEscape(d.Slug)}, {Name: p.GetName()}},
	}
	for _, o := range others {
		if o.Slug != p.GetSlug() && len(v.Related) < 4 {
			v.Related = append(v.Related, o)
		}
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
	return page.ProductPage(v)
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
