package shelf

import (
	"fmt"

	"galleria/modules/catalog/internal/product"
)

// Taken says that another product has a slug or a sku.
type Taken struct {
	What, Value string // "slug" or "sku"
	Wanted      string // the first sku of the product that wants it
	Holder      string // the first sku of the one that has it
}

func (e *Taken) Error() string {
	return fmt.Sprintf("%s %q of %s is that of %s", e.What, e.Value, e.Wanted, e.Holder)
}

// Twice says that two entries of an upsert are the same product.
type Twice struct{ First, Second int }

func (e *Twice) Error() string {
	return fmt.Sprintf("entries %d and %d are the same product", e.First, e.Second)
}

// replaced finds the product that each wanted one is a new state of: the one with
// its id; when it names none the one with its slug, else with one of its skus; nil
// for new ones.
func (s *Shelf) replaced(wanted []product.Product) ([]*product.Product, error) {
	old := make([]*product.Product, len(wanted))
	first := map[string]int{} // entry by id
	for i := range wanted {
		p := &wanted[i]
		old[i] = s.earlier(p)
		id := p.ID()
		if old[i] != nil {
			id = old[i].ID()
		}
		if id == "" {
			continue
		}
		if j, twice := first[id]; twice {
			return nil, &Twice{j, i}
		}
		first[id] = i
	}
	return old, nil
}

func (s *Shelf) earlier(p *product.Product) *product.Product {
	if p.ID() != "" {
		return s.ByID(p.ID())
	}
	if p.Slug() != "" {
		if old := s.byOwnSlug(p.Slug()); old != nil {
			return old
		}
	}
	for _, sku := range p.SKUs() {
		if old := s.BySKU(sku); old != nil {
			return old
		}
	}
	return nil
}

// assign gives each product its slug: the one asked for, else the one it has,
// so that addresses stay when names change, else a free one made of its name.
func (s *Shelf) assign(wanted []product.Product, old []*product.Product) ([]string, error) {
	replaced := map[string]bool{} // ids: they get slugs of their own
	for _, p := range old {
		if p != nil {
			replaced[p.ID()] = true
		}
	}
	claimed := make(map[string]*product.Product, len(wanted))
	holder := func(slug string) *product.Product {
		if p := claimed[slug]; p != nil {
			return p
		}
		if p := s.byOwnSlug(slug); p != nil && !replaced[p.ID()] {
			return p
		}
		return nil
	}
	slugs := make([]string, len(wanted))
	for i := range wanted {
		p := &wanted[i]
		slug := p.Slug()
		if slug == "" && old[i] != nil {
			slug = old[i].Slug()
		}
		if slug == "" {
			continue
		}
		if other := holder(slug); other != nil {
			return nil, &Taken{"slug", slug, p.SKUs()[0], other.SKUs()[0]}
		}
		claimed[slug], slugs[i] = p, slug
	}
	for i := range wanted {
		if slugs[i] != "" {
			continue
		}
		p := &wanted[i]
		base := product.SlugFor(p.Name(), p.SKUs()[0])
		slug := base
		for n := 2; holder(slug) != nil || s.was(slug); n++ {
			slug = fmt.Sprintf("%s-%d", base, n)
		}
		claimed[slug], slugs[i] = p, slug
	}
	return slugs, nil
}

// was tells whether a slug is a former one, which still leads to its product.
func (s *Shelf) was(slug string) bool {
	_, former := s.former.get(slug)
	return former
}

// checkSKUs finds a sku that two products would have. One that another product
// gives up in the same upsert is free.
func (s *Shelf) checkSKUs(wanted []product.Product, old []*product.Product) error {
	replaced := map[string]bool{}
	for _, p := range old {
		if p != nil {
			replaced[p.ID()] = true
		}
	}
	claimed := map[string]*product.Product{}
	for i := range wanted {
		p := &wanted[i]
		for _, sku := range p.SKUs() {
			other := claimed[sku]
			if holder := s.BySKU(sku); other == nil && holder != nil && !replaced[holder.ID()] {
				other = holder
			}
			if other != nil {
				return &Taken{"sku", sku, p.SKUs()[0], other.SKUs()[0]}
			}
			claimed[sku] = p
		}
	}
	return nil
}
