package gateway

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"time"

	catalogv1 "galleria/modules/catalog/v1"
	inventoryv1 "galleria/modules/inventory/v1"
)

// ProductSummary is a product as lists show it.
type ProductSummary struct {
	Slug      string    `json:"slug" example:"nesting-bowls"`
	Name      string    `json:"name"`
	Category  string    `json:"category" doc:"Slug of its category."`
	Tags      []string  `json:"tags"`
	Pictures  []Picture `json:"pictures" doc:"The first one is shown in lists."`
	Page      string    `json:"page" doc:"Address of its page on this host."`
	PriceFrom *Money    `json:"price_from,omitempty" doc:"The lowest price of its variants; missing when it is not sold in the currency."`
	PriceTo   *Money    `json:"price_to,omitempty" doc:"The highest one."`
	Options   []Option  `json:"options" doc:"What its variants differ in."`
}

// Picture is a picture of a product.
type Picture struct {
	URL string `json:"url" example:"/pictures/mug.jpg" doc:"Its address on this host."`
	Alt string `json:"alt" doc:"What there is to see in it, for people who don't see it; the product's name where the shop has given it no text."`
}

// Option is what the variants of a product differ in.
type Option struct {
	Name   string   `json:"name" example:"Size"`
	Values []string `json:"values" example:"[\"S\",\"M\"]"`
}

// Product is all about a product.
type Product struct {
	ProductSummary
	Description string      `json:"description" doc:"Plain text."`
	Attributes  []Attribute `json:"attributes" doc:"Facts about it."`
	Variants    []Variant   `json:"variants" doc:"What is sold of it: at least one."`
}

// Attribute is a fact about a product.
type Attribute struct {
	Name  string `json:"name" example:"Material"`
	Value string `json:"value" example:"Oak"`
}

// Variant is what is sold of a product.
type Variant struct {
	SKU          string            `json:"sku"`
	Options      map[string]string `json:"options" doc:"Its value for each option of the product."`
	Price        *Money            `json:"price,omitempty" doc:"Missing when it is not sold in the currency."`
	CompareAt    *Money            `json:"compare_at,omitempty" doc:"What it cost before."`
	WeightGrams  int32             `json:"weight_grams,omitempty"`
	Picture      string            `json:"picture,omitempty"`
	Availability Availability      `json:"availability"`
}

// Availability is whether a variant can be had.
type Availability struct {
	Status string `json:"status" enum:"in_stock,low,sold_out,unknown" doc:"unknown: the stock can't be asked just now; the order will tell."`
	Left   int64  `json:"left,omitempty" doc:"With low: how many there are."`
}

// few is how many are said in words on the product's page, too.
const few = 5

// stockTimeout is how long a product waits for its stock. A product without is better
// than none.
const stockTimeout = 700 * time.Millisecond

// ProductInput names a product.
type ProductInput struct {
	Currency  string `query:"currency" pattern:"^[A-Z]{3}$" doc:"ISO 4217, one that the shop sells in: what prices are given in; the shop's own where none is asked for."`
	SlugOrSKU string `path:"slug_or_sku" maxLength:"250" doc:"The product's slug, or the sku of one of its variants."`
}

// ProductOutput is a product.
type ProductOutput struct {
	Body Product
}

func (g *Gateway) getProduct(r *request, in *ProductInput) (*ProductOutput, error) {
	currency, wrong := g.currencyOf(in.Currency)
	if wrong != "" {
		return nil, wrongQuery("currency", wrong)
	}
	answer, err := g.Catalog.GetProducts(r, &catalogv1.GetProductsRequest{Skus: []string{in.SlugOrSKU}, Slugs: []string{in.SlugOrSKU}})
	if err != nil {
		return nil, err
	}
	found := slices.IndexFunc(answer.GetProducts(), (*catalogv1.Product).GetActive)
	if found < 0 {
		return nil, problem(notFound, "No product has this slug, and no variant this sku.")
	}
	p := answer.GetProducts()[found]
	out := &ProductOutput{Body: Product{
		ProductSummary: summaryOf(p, currency), Description: p.GetDescription(),
		Attributes: all(p.GetAttributes(), func(a *catalogv1.Attribute) Attribute { return Attribute{Name: a.GetName(), Value: a.GetValue()} }),
		Variants:   []Variant{},
	}}
	stock, known := g.stock(r, p)
	for _, v := range p.GetVariants() {
		if v.GetActive() {
			one := variantOf(p, v, currency)
			one.Availability = availability(stock[v.GetSku()], known)
			out.Body.Variants = append(out.Body.Variants, one)
		}
	}
	return out, nil
}

// stock is what can be had of the variants of a product; false when inventory does not
// say in time.
func (g *Gateway) stock(ctx context.Context, p *catalogv1.Product) (map[string]int64, bool) {
	ctx, done := context.WithTimeout(ctx, stockTimeout)
	defer done()
	var skus []string
	for _, v := range p.GetVariants() {
		skus = append(skus, v.GetSku())
	}
	return g.levels(ctx, skus)
}

// levels are what can be had of skus, up to 200.
func (g *Gateway) levels(ctx context.Context, skus []string) (map[string]int64, bool) {
	answer, err := g.Inventory.GetLevels(ctx, &inventoryv1.GetLevelsRequest{Skus: skus})
	if err != nil {
		return nil, false
	}
	counts := map[string]int64{}
	for _, l := range answer.GetLevels() {
		counts[l.GetSku()] += l.GetAvailable() // at all locations
	}
	return counts, true
}

func availability(n int64, known bool) Availability {
	switch {
	case !known:
		return Availability{Status: "unknown"}
	case n <= 0:
		return Availability{Status: "sold_out"}
	case n <= few:
		return Availability{Status: "low", Left: n}
	}
	return Availability{Status: "in_stock"}
}

func variantOf(p *catalogv1.Product, v *catalogv1.Variant, currency string) Variant {
	one := Variant{SKU: v.GetSku(), Options: map[string]string{}, WeightGrams: v.GetWeightGrams(), Picture: picture(v.GetPicture())}
	for i, value := range v.GetOptionValues() {
		if i < len(p.GetOptions()) {
			one.Options[p.GetOptions()[i].GetName()] = value
		}
	}
	for _, price := range v.GetPrices() {
		if price.GetCurrencyCode() == currency {
			m := money(currency, price.GetAmountMinor())
			one.Price, one.CompareAt = &m, some(currency, price.GetCompareAtMinor())
		}
	}
	return one
}

func summaryOf(p *catalogv1.Product, currency string) ProductSummary {
	s := ProductSummary{
		Slug: p.GetSlug(), Name: p.GetName(), Category: p.GetCategory(), Tags: texts(p.GetTags()),
		Pictures: all(p.GetPictures(), func(one *catalogv1.Picture) Picture {
			return Picture{URL: picture(one.GetName()), Alt: cmp.Or(one.GetAlt(), p.GetName())}
		}),
		Page:    "/products/" + url.PathEscape(p.GetSlug()),
		Options: all(p.GetOptions(), func(o *catalogv1.Option) Option { return Option{Name: o.GetName(), Values: texts(o.GetValues())} }),
	}
	for _, v := range p.GetVariants() {
		for _, price := range v.GetPrices() {
			if !v.GetActive() || price.GetCurrencyCode() != currency {
				continue
			}
			m := money(currency, price.GetAmountMinor())
			if s.PriceFrom == nil || m.Amount < s.PriceFrom.Amount {
				s.PriceFrom = &m
			}
			if s.PriceTo == nil || m.Amount > s.PriceTo.Amount {
				s.PriceTo = &m
			}
		}
	}
	return s
}

func picture(name string) string {
	if name == "" {
		return ""
	}
	return "/pictures/" + url.PathEscape(name)
}
