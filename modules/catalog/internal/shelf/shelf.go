// Package shelf is the whole catalog in memory, arranged for what pages ask.
//
// A Shelf never changes: a change makes a new one that shares what stayed the
// same, and costs what it changes, not a copy of the whole. So readers need no
// lock, and what they read fits together.
//
//	record    a product, packed into one text
//	slots     the records: in parts of 256, the touched ones are copied
//	index     slots by id, slug and sku: in 1,024 parts
//	order     active products, newest first, of all and of each category: in parts, too
//	segments  columns and words of active products, for lists and searches: a change adds
//	          a small one, and like sizes are joined
//	lists     the last answers
//	recent    products that were looked up lately, unpacked
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
	byID       index
	bySKU      index
	bySlug     index
	former     table[string] // slug to the id of the product that had it
	all        order
	byCategory map[string]order
	held       map[string]int     // products by category, also inactive ones
	categories []product.Category // in display order
	withdrawn  map[string]bool    // slugs of withdrawn categories
	slots      slots
	leaves     []leaf
	marks      *marks
	lists      *lists
	recent     *recent
}

// Changes are products and categories as they are at a version, whatever they
// were before, and those that are gone.
type Changes struct {
	Version           int64
	Products          []product.Product
	Categories        []product.Category
	DeletedProducts   []string // ids
	DeletedCategories []string // slugs
}

// Empty tells whether nothing changes.
func (c Changes) Empty() bool {
	return len(c.Products) == 0 && len(c.Categories) == 0 && len(c.DeletedProducts) == 0 && len(c.DeletedCategories) == 0
}

// With is the shelf after changes.
func (s *Shelf) With(c Changes) *Shelf {
	next := *s
	next.version, next.lists = c.Version, &lists{}
	if next.marks == nil {
		next.marks, next.recent = newMarks(), &recent{}
	}
	if len(c.Categories) > 0 || len(c.DeletedCategories) > 0 {
		next.categories = arrange(s.categories, c.Categories, c.DeletedCategories)
		next.withdrawn = map[string]bool{}
		for _, category := range next.categories {
			if category.Withdrawn() {
				next.withdrawn[category.Slug()] = true
			}
		}
	}
	if len(c.Products) > 0 || len(c.DeletedProducts) > 0 {
		next.put(c.Products, c.DeletedProducts)
	}
	return &next
}

// put works on a shelf that still shares everything with the one it was.
func (s *Shelf) put(products []product.Product, deleted []string) {
	e := s.edit()
	// All that is replaced goes before the first new one comes, for products may
	// exchange their slugs and skus.
	for i := range products {
		e.remove(products[i].ID())
	}
	for _, id := range deleted {
		if slot, was := e.remove(id); was {
			e.slots.put(slot, nil)
		}
	}
	for i := range products {
		e.add(&products[i])
	}
	e.finish()
}

func arrange(old, changed []product.Category, deleted []string) []product.Category {
	bySlug := map[string]product.Category{}
	for _, c := range old {
		bySlug[c.Slug()] = c
	}
	for _, slug := range deleted {
		delete(bySlug, slug)
	}
	for _, c := range changed {
		bySlug[c.Slug()] = c
	}
	return slices.SortedFunc(maps.Values(bySlug), func(a, b product.Category) int {
		return cmp.Or(cmp.Compare(a.Position(), b.Position()),
			strings.Compare(product.Fold(a.Name()), product.Fold(b.Name())), strings.Compare(a.Slug(), b.Slug()))
	})
}

// Version is what the shelf was last brought to; 0 for an empty one.
func (s *Shelf) Version() int64 { return s.version }

// MostBehind is how many versions a shelf can be behind and still be brought up to
// date by what changed: older deletions are forgotten.
const MostBehind = 10_000

// Precedes tells whether the shelf can be brought to a version by what changed
// since; else everything has to be read anew: the database was put back to an older
// state, or too much happened.
func (s *Shelf) Precedes(version int64) bool {
	return s.version <= version && version-s.version < MostBehind
}

// ByID finds a product; nil when there is none.
func (s *Shelf) ByID(id string) *product.Product {
	p, _ := s.find(s.byID, id, func(p *product.Product) bool { return p.ID() == id })
	return p
}

// BySKU finds the product that has a variant; nil when there is none.
func (s *Shelf) BySKU(sku string) *product.Product {
	p, _ := s.find(s.bySKU, sku, func(p *product.Product) bool { return p.Has(sku) })
	return p
}

// BySlug finds a product by its slug, else by one it had before; nil when there
// is none.
func (s *Shelf) BySlug(slug string) *product.Product {
	if p := s.byOwnSlug(slug); p != nil {
		return p
	}
	id, ok := s.former.get(slug)
	if !ok {
		return nil
	}
	return s.ByID(id)
}

// Categories are all categories, withdrawn ones too, in display order. Read only.
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
func (s *Shelf) Count(category string) int { return s.byCategory[category].count }

func (s *Shelf) byOwnSlug(slug string) *product.Product {
	p, _ := s.find(s.bySlug, slug, func(p *product.Product) bool { return p.Slug() == slug })
	return p
}

func (s *Shelf) find(by index, key string, is func(*product.Product) bool) (*product.Product, *item) {
	for slot := range by.slots(key) {
		it := s.slots.at(slot)
		if p := s.recent.product(it); is(p) {
			return p, it
		}
	}
	return nil, nil
}
