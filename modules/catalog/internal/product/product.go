// Package product is what the shop sells: products and categories that hold
// to the rules of the contract.
package product

import (
	"slices"
	"strings"
	"time"
)

// Facts are what a caller says of a product. Nothing of it has been checked.
type Facts struct {
	ID, Slug, Name, Description string
	Category                    string // slug
	Tags                        []string
	Attributes                  []Attribute
	Pictures                    []Picture
	Options                     []Option
	Active                      bool
	Variants                    []Variant
}

// Picture is a picture of a product, by its name in the shop, and what it shows in
// words.
type Picture struct{ Name, Alt string }

// Attribute is a fact about a product.
type Attribute struct{ Name, Value string }

// Option is what a product's variants differ in.
type Option struct {
	Name   string
	Values []string
}

// Variant is what is sold of a product.
type Variant struct {
	SKU          string
	OptionValues []string
	Prices       []Price
	WeightGrams  int32
	TaxClass     string
	Picture      string
	Active       bool
}

// Price is what a variant costs in one currency, in minor units.
type Price struct {
	Currency          string // ISO 4217
	Amount, CompareAt int64
}

// Product is a product that keeps the rules. Its id and slug may still be empty
// when it was just made; a shelf gives it both. Products are values; their lists
// are never changed.
type Product struct {
	facts   Facts
	former  []string // slugs it had, the latest last
	born    int64
	created time.Time
}

// New checks the facts. With problems there is no product.
func New(f Facts) (Product, []Problem) {
	f = f.clone()
	f.tidy()
	if found := check(&f); len(found) > 0 {
		return Product{}, found
	}
	return Product{facts: f}, nil
}

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// tidy drops the space around texts and makes all ends of lines the same, so that
// a product comes through a file unchanged.
func (f *Facts) tidy() {
	trim := func(texts ...*string) {
		for _, text := range texts {
			*text = strings.TrimSpace(*text)
		}
	}
	each := func(texts []string) {
		for i := range texts {
			trim(&texts[i])
		}
	}
	f.Description = lineEnds.Replace(f.Description)
	trim(&f.Name, &f.Description)
	each(f.Tags)
	for i := range f.Pictures {
		trim(&f.Pictures[i].Name, &f.Pictures[i].Alt)
	}
	for i := range f.Attributes {
		trim(&f.Attributes[i].Name, &f.Attributes[i].Value)
	}
	for i := range f.Options {
		trim(&f.Options[i].Name)
		each(f.Options[i].Values)
	}
	for i := range f.Variants {
		trim(&f.Variants[i].Picture)
		each(f.Variants[i].OptionValues)
	}
}

// clone is the facts with lists of their own.
func (f Facts) clone() Facts {
	f.Tags, f.Pictures, f.Attributes = slices.Clone(f.Tags), slices.Clone(f.Pictures), slices.Clone(f.Attributes)
	f.Options, f.Variants = slices.Clone(f.Options), slices.Clone(f.Variants)
	for i := range f.Options {
		f.Options[i].Values = slices.Clone(f.Options[i].Values)
	}
	for i := range f.Variants {
		f.Variants[i].OptionValues = slices.Clone(f.Variants[i].OptionValues)
		f.Variants[i].Prices = slices.Clone(f.Variants[i].Prices)
	}
	return f
}

// Restore is a product as it was stored. Born orders products by when they
// were made.
func Restore(f Facts, former []string, born int64, created time.Time) Product {
	return Product{facts: f, former: former, born: born, created: created}
}

// Facts are the product's. The lists are shared: read them, don't change them.
func (p *Product) Facts() *Facts { return &p.facts }

// ID is the product's identity.
func (p *Product) ID() string { return p.facts.ID }

// Slug is its place in the address of its page.
func (p *Product) Slug() string { return p.facts.Slug }

// Former are the slugs it had before, the latest last. Read only.
func (p *Product) Former() []string { return p.former }

// Name is what shoppers call it.
func (p *Product) Name() string { return p.facts.Name }

// Category is the slug of its category.
func (p *Product) Category() string { return p.facts.Category }

// Active tells whether it is listed and sold.
func (p *Product) Active() bool { return p.facts.Active }

// Born is higher the later the product was made; 0 when it was not stored yet.
func (p *Product) Born() int64 { return p.born }

// Created is when the product was made.
func (p *Product) Created() time.Time { return p.created }

// SKUs are those of its variants.
func (p *Product) SKUs() []string {
	skus := make([]string, len(p.facts.Variants))
	for i := range p.facts.Variants {
		skus[i] = p.facts.Variants[i].SKU
	}
	return skus
}

// Has tells whether a sku is that of one of the variants.
func (p *Product) Has(sku string) bool {
	for i := range p.facts.Variants {
		if p.facts.Variants[i].SKU == sku {
			return true
		}
	}
	return false
}

// Lowest is the lowest price of the active variants in a currency.
func (p *Product) Lowest(currency string) (lowest int64, priced bool) {
	for i := range p.facts.Variants {
		v := &p.facts.Variants[i]
		if !v.Active {
			continue
		}
		if price, ok := v.PriceIn(currency); ok && (!priced || price.Amount < lowest) {
			lowest, priced = price.Amount, true
		}
	}
	return lowest, priced
}

// PriceIn is the variant's price in a currency.
func (v *Variant) PriceIn(currency string) (Price, bool) {
	for _, p := range v.Prices {
		if p.Currency == currency {
			return p, true
		}
	}
	return Price{}, false
}

// Same tells whether two products differ in nothing but their age.
func (p *Product) Same(other *Product) bool {
	a, b := &p.facts, &other.facts
	return a.ID == b.ID && a.Slug == b.Slug && a.Name == b.Name && a.Description == b.Description &&
		a.Category == b.Category && a.Active == b.Active && slices.Equal(a.Tags, b.Tags) &&
		slices.Equal(a.Attributes, b.Attributes) && slices.Equal(a.Pictures, b.Pictures) &&
		slices.EqualFunc(a.Options, b.Options, sameOption) && slices.EqualFunc(a.Variants, b.Variants, sameVariant) &&
		slices.Equal(p.former, other.former)
}

func sameOption(a, b Option) bool { return a.Name == b.Name && slices.Equal(a.Values, b.Values) }

func sameVariant(a, b Variant) bool {
	return a.SKU == b.SKU && slices.Equal(a.OptionValues, b.OptionValues) && slices.Equal(a.Prices, b.Prices) &&
		a.WeightGrams == b.WeightGrams && a.TaxClass == b.TaxClass && a.Picture == b.Picture && a.Active == b.Active
}
