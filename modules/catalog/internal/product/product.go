// Package product is what the shop sells: products and categories that hold
// to the rules of the contract.
package product

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"galleria/platform/money"
)

// MaxPriceMinor bounds a price so that a full cart of the dearest product can
// still be summed with room to spare: 9,900 times this is a hundredth of an
// int64.
const MaxPriceMinor = 10_000_000_000_000

var (
	skuPattern  = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
	slugPattern = regexp.MustCompile(`^[a-z0-9-]{1,200}$`)
)

// Facts are what somebody says of a product. Nothing of it has been checked.
type Facts struct {
	SKU, Slug, Name, Description string
	Category                     string // slug
	Tags                         []string
	Currency                     string // ISO 4217
	PriceMinor                   int64
	Pictures                     []string
	Active                       bool
}

// Problem says what is wrong with one field, named as in the contract.
type Problem struct{ Field, Message string }

// Product is a product that keeps the rules. Its slug may still be empty when
// it was just made; a shelf gives it one. Products are values; their lists
// are never changed.
type Product struct {
	facts Facts
	born  int64
}

// New checks the facts. With problems there is no product.
func New(f Facts) (Product, []Problem) {
	f.Name = strings.TrimSpace(f.Name)
	f.Tags, f.Pictures = slices.Clone(f.Tags), slices.Clone(f.Pictures)
	var found problems
	found.when(!skuPattern.MatchString(f.SKU), "sku", "has 1 to 64 letters, digits, '-', '_' or '.'")
	found.when(f.Slug != "" && !slugPattern.MatchString(f.Slug), "slug", "has up to 200 lower-case letters, digits and '-'")
	found.text("name", f.Name, 1, 200, false)
	found.text("description", f.Description, 0, 5000, true)
	found.when(!categoryPattern.MatchString(f.Category), "category", "has 1 to 64 lower-case letters, digits and '-'")
	found.texts("tags", f.Tags, 20, 50)
	found.texts("pictures", f.Pictures, 10, 200)
	_, err := money.New(f.Currency, f.PriceMinor)
	found.when(err != nil, "currency_code", "is not a currency of ISO 4217")
	found.when(f.PriceMinor < 0 || f.PriceMinor > MaxPriceMinor, "price_minor", fmt.Sprintf("is between 0 and %d", int64(MaxPriceMinor)))
	if len(found) > 0 {
		return Product{}, found
	}
	return Product{facts: f}, nil
}

// Restore is a product as it was stored. Born orders products by when they
// were made.
func Restore(f Facts, born int64) Product { return Product{facts: f, born: born} }

// Facts are the product's. The lists are shared: read them, don't change them.
func (p *Product) Facts() Facts { return p.facts }

// SKU is the product's identity.
func (p *Product) SKU() string { return p.facts.SKU }

// Slug is its place in the address of its page.
func (p *Product) Slug() string { return p.facts.Slug }

// Name is what shoppers call it.
func (p *Product) Name() string { return p.facts.Name }

// Category is the slug of its category.
func (p *Product) Category() string { return p.facts.Category }

// PriceMinor is its price in minor units.
func (p *Product) PriceMinor() int64 { return p.facts.PriceMinor }

// Active tells whether it is listed and sold.
func (p *Product) Active() bool { return p.facts.Active }

// Born is higher the later the product was made; 0 when it was not stored yet.
func (p *Product) Born() int64 { return p.born }

// HasTags tells whether the product has all of these tags.
func (p *Product) HasTags(tags []string) bool {
	for _, tag := range tags {
		if !slices.Contains(p.facts.Tags, tag) {
			return false
		}
	}
	return true
}

// Same tells whether two products differ in nothing but their age.
func (p *Product) Same(other *Product) bool {
	a, b := &p.facts, &other.facts
	return a.SKU == b.SKU && a.Slug == b.Slug && a.Name == b.Name && a.Description == b.Description &&
		a.Category == b.Category && slices.Equal(a.Tags, b.Tags) && a.Currency == b.Currency &&
		a.PriceMinor == b.PriceMinor && slices.Equal(a.Pictures, b.Pictures) && a.Active == b.Active
}

// WithSlug is the product under another address.
func (p Product) WithSlug(slug string) Product {
	p.facts.Slug = slug
	return p
}

// WithBorn is the product with its place in the order of creation.
func (p Product) WithBorn(born int64) Product {
	p.born = born
	return p
}

type problems []Problem

func (p *problems) when(bad bool, field, message string) {
	if bad {
		*p = append(*p, Problem{field, message})
	}
}

// text refuses control characters: NUL cannot be stored in PostgreSQL, and
// none of them belongs into a name.
func (p *problems) text(field, text string, least, most int, lines bool) {
	n := utf8.RuneCountInString(text)
	p.when(n < least || n > most, field, fmt.Sprintf("has %d to %d characters", least, most))
	control := strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsControl(r) && !(lines && (r == '\n' || r == '\r' || r == '\t'))
	})
	p.when(control, field, "has control characters")
}

func (p *problems) texts(field string, texts []string, count, most int) {
	p.when(len(texts) > count, field, fmt.Sprintf("has up to %d entries", count))
	for i, text := range texts {
		p.text(fmt.Sprintf("%s[%d]", field, i), text, 1, most, false)
	}
}
