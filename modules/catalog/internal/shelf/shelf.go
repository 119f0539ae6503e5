// Package shelf is the whole catalog in memory, arranged for what pages ask.
//
// A Shelf never changes: a change makes a new one that shares what stayed the
// same. So readers need no lock, and what they read fits together.
package shelf

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"galleria/modules/catalog/internal/product"
)

// Shelf is the catalog at one version. The zero value is an empty one.
type Shelf struct {
	version    int64
	bySKU      map[string]*item
	bySlug     map[string]*item
	all        order
	byCategory map[string]order
	categories []product.Category // in display order
}

// item is a product with what searching and sorting need prepared.
type item struct {
	product.Product
	name string // folded
	text string // folded: everything a search looks at
}

func newItem(p product.Product) *item {
	f := p.Facts()
	fields := append([]string{f.Name, f.SKU, f.Category, f.Description}, f.Tags...)
	// A word has no line break, so that none is found across two fields.
	return &item{Product: p, name: product.Fold(f.Name), text: product.Fold(strings.Join(fields, "\n"))}
}

// Changes are products and categories as they are at a version, whatever they
// were before.
type Changes struct {
	Version    int64
	Products   []product.Product
	Categories []product.Category
}

// Empty tells whether nothing changes.
func (c Changes) Empty() bool { return len(c.Products) == 0 && len(c.Categories) == 0 }

// With is the shelf after changes.
func (s *Shelf) With(c Changes) *Shelf {
	next := *s
	next.version = c.Version
	if len(c.Categories) > 0 {
		next.categories = arrange(s.categories, c.Categories)
	}
	if len(c.Products) > 0 {
		next.put(c.Products)
	}
	return &next
}

// put works on a shelf that still shares everything with the one it was.
func (s *Shelf) put(products []product.Product) {
	bySKU, bySlug := make(map[string]*item, len(s.bySKU)+len(products)), make(map[string]*item, len(s.bySlug)+len(products))
	maps.Copy(bySKU, s.bySKU)
	maps.Copy(bySlug, s.bySlug)
	gone := map[*item]bool{}
	fresh := make([]*item, 0, len(products))
	touched := map[string]bool{}
	// All old slugs are freed before the first new one is taken, for products
	// may exchange theirs.
	for _, p := range products {
		if old := bySKU[p.SKU()]; old != nil {
			gone[old] = true
			delete(bySlug, old.Slug())
			touched[old.Category()] = true
		}
		touched[p.Category()] = true
		it := newItem(p)
		bySKU[p.SKU()] = it
		fresh = append(fresh, it)
	}
	for _, it := range fresh {
		bySlug[it.Slug()] = it
	}
	s.bySKU, s.bySlug = bySKU, bySlug

	listed := slices.DeleteFunc(slices.Clone(fresh), func(it *item) bool { return !it.Active() })
	s.all = s.all.change(gone, listed)
	s.byCategory = maps.Clone(s.byCategory)
	if s.byCategory == nil {
		s.byCategory = map[string]order{}
	}
	for category := range touched {
		here := slices.DeleteFunc(slices.Clone(listed), func(it *item) bool { return it.Category() != category })
		s.byCategory[category] = s.byCategory[category].change(gone, here)
	}
}

func arrange(old, changed []product.Category) []product.Category {
	bySlug := map[string]product.Category{}
	for _, c := range slices.Concat(old, changed) {
		bySlug[c.Slug()] = c
	}
	return slices.SortedFunc(maps.Values(bySlug), func(a, b product.Category) int {
		return cmp.Or(cmp.Compare(a.Position(), b.Position()),
			strings.Compare(product.Fold(a.Name()), product.Fold(b.Name())), strings.Compare(a.Slug(), b.Slug()))
	})
}

// Version is what the shelf was last brought to; 0 for an empty one.
func (s *Shelf) Version() int64 { return s.version }

// BySKU finds a product; nil when there is none.
func (s *Shelf) BySKU(sku string) *product.Product { return s.bySKU[sku].product() }

// BySlug finds a product; nil when there is none.
func (s *Shelf) BySlug(slug string) *product.Product { return s.bySlug[slug].product() }

// Categories are all categories in display order. Read only.
func (s *Shelf) Categories() []product.Category { return s.categories }

// Category finds a category.
func (s *Shelf) Category(slug string) (product.Category, bool) {
	i := slices.IndexFunc(s.categories, func(c product.Category) bool { return c.Slug() == slug })
	if i < 0 {
		return product.Category{}, false
	}
	return s.categories[i], true
}

// Count is the number of active products in a category.
func (s *Shelf) Count(category string) int { return len(s.byCategory[category].newest) }

func (it *item) product() *product.Product {
	if it == nil {
		return nil
	}
	return &it.Product
}
