package storefront

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
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
	err := s.kept(c, "product/"+slug, func(ctx context.Context, currency string) (sketch, error) {
		return s.composeProduct(ctx, slug, currency)
	})
	var moved movedTo
	if errors.As(err, &moved) {
		return c.Redirect(http.StatusMovedPermanently, string(moved))
	}
	return err
}

// composeProduct asks for what the page shows. Most of the time it shows the
// same as half a second ago, and needn't be drawn again.
func (s *Storefront) composeProduct(ctx context.Context, slug, currency string) (sketch, error) {
	answer, err := s.Catalog.GetProducts(ctx, &catalogv1.GetProductsRequest{Slugs: []string{slug}})
	if err != nil {
		return sketch{}, err
	}
	if len(answer.GetProducts()) != 1 || !answer.GetProducts()[0].GetActive() {
		return sketch{}, echo.ErrNotFound
	}
	p := answer.GetProducts()[0]
	if p.GetSlug() != slug {
		return sketch{}, movedTo("/products/" + url.PathEscape(p.GetSlug()))
	}
	if _, err := s.departments(ctx); err != nil {
		return sketch{}, err
	}
	shelves, choices, others := s.shelves.Load(), s.choices(ctx, p, currency), s.others(ctx, p.GetCategory(), currency)
	shows, err := proto.Marshal(p)
	if err != nil {
		return sketch{}, fmt.Errorf("compare product %s: %w", p.GetId(), err)
	}
	shows = binary.BigEndian.AppendUint64(shows, shelves.version)
	shows = binary.BigEndian.AppendUint64(shows, others.version)
	shows = binary.BigEndian.AppendUint64(shows, s.gallery.version())
	for _, c := range choices {
		shows = append(shows, c.Stock.Text...)
		shows = append(shows, 0)
	}
	return sketch{shows: string(shows), draw: func() templ.Component {
		return s.drawProduct(p, currency, shelves.departments, choices, others.cards)
	}}, nil
}

// movedTo is the answer to an address that a product had before.
type movedTo string

func (m movedTo) Error() string { return "the page is at " + string(m) + " now" }

// choices are the variants that can be bought in a currency, sold out ones among them. The first
// that is not sold out is chosen.
func (s *Storefront) choices(ctx context.Context, p *catalogv1.Product, currency string) []page.Choice {
	low, high, _ := prices(p, currency)
	differ := high.GetAmountMinor() > low.GetAmountMinor()
	var all []page.Choice
	var skus []string
	for _, v := range p.GetVariants() {
		i := slices.IndexFunc(v.GetPrices(), func(price *catalogv1.Price) bool { return price.GetCurrencyCode() == currency })
		if !v.GetActive() || i < 0 {
			continue
		}
		c := page.Choice{SKU: v.GetSku(), Name: strings.Join(v.GetOptionValues(), " / "), Price: price(currency, v.GetPrices()[i].GetAmountMinor())}
		if differ {
			c.Name += ", " + c.Price.Text
		}
		all, skus = append(all, c), append(skus, v.GetSku())
	}
	chosen := false
	for i, stock := range s.stockOf(ctx, skus...) {
		c := &all[i]
		c.Stock = stock
		if stock.None {
			c.Name += " (sold out)"
		}
		c.Chosen = !stock.None && !chosen
		chosen = chosen || c.Chosen
	}
	return all
}

// stockOfAll is what the page says of all choices together: of several only that
// all are sold out.
func stockOfAll(choices []page.Choice) page.Stock {
	if len(choices) == 1 {
		return choices[0].Stock
	}
	for _, c := range choices {
		if !c.Stock.None {
			return page.Stock{}
		}
	}
	return page.Stock{Text: soldOut, Class: "none", None: true}
}

func (s *Storefront) drawProduct(p *catalogv1.Product, currency string, departments []page.Department, choices []page.Choice, others []page.Card) templ.Component {
	d, inMenu := find(departments, p.GetCategory()) // not when it is withdrawn
	v := page.Product{
		Frame: s.frame(p.GetName(), departments), Card: s.card(p, currency), Choices: choices, Category: d,
		Paragraphs: paragraphs(p.GetDescription()),
		Crumbs:     []page.Crumb{{Name: "Home", Path: "/"}, {Name: p.GetName()}},
	}
	if inMenu {
		v.Crumbs = slices.Insert(v.Crumbs, 1, page.Crumb{Name: d.Name, Path: "/c/" + url.PathEscape(d.Slug)})
	}
	if len(choices) > 0 {
		v.Stock = stockOfAll(choices)
	}
	var options []string
	for _, o := range p.GetOptions() {
		options = append(options, o.GetName())
	}
	v.Label = strings.Join(options, ", ")
	for _, a := range p.GetAttributes() {
		v.Facts = append(v.Facts, page.Fact{Name: a.GetName(), Value: a.GetValue()})
	}
	for _, o := range others {
		if inMenu && o.Slug != p.GetSlug() && len(v.Related) < 4 {
			v.Related = append(v.Related, o)
		}
	}
	v.Card.Picture.Alt = p.GetName()
	for i, picture := range p.GetPictures() {
		shown := s.gallery.of(picture.GetName(), p.GetCategory())
		if i == 0 {
			v.Card.Picture.Alt = cmp.Or(picture.GetAlt(), p.GetName())
		}
		shown.Alt = cmp.Or(picture.GetAlt(), "Another view of "+p.GetName())
		v.Pictures = append(v.Pictures, shown)
	}
	v.Views = s.views(p, v.Pictures, choices)
	for _, t := range p.GetTags() {
		v.Tags = append(v.Tags, page.Tag{Name: t, Href: "/search?" + url.Values{"q": {t}}.Encode()})
	}
	at := "/products/" + url.PathEscape(p.GetSlug())
	v.Currencies = s.currencies(currency)
	v.Section = d.Slug
	v.Description = summary(p.GetDescription())
	v.Canonical = s.base + at
	v.Data = schema(s.schemaProduct(p, v, currency), s.breadcrumbs(v.Crumbs, at))
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
