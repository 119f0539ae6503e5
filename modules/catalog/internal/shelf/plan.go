package shelf

import (
	"fmt"

	"galleria/modules/catalog/internal/product"
)

// batch bounds how many products one version can make, so that Born can be
// counted within a version.
const batch = 1 << 10

// Outcome counts what an upsert did.
type Outcome struct{ Created, Updated, Unchanged int }

// SlugTaken says that two products would have the same slug.
type SlugTaken struct{ Slug, SKU, Holder string }

func (e *SlugTaken) Error() string {
	return fmt.Sprintf("slug %q of %s is that of %s", e.Slug, e.SKU, e.Holder)
}

// PlanProducts finds what has to be written so that these products, at most
// 1,000 of different skus, are on the shelf: nothing for those that are there
// already, a slug for those that have none, and categories that are missing.
// The changes are those of the shelf's next version.
func (s *Shelf) PlanProducts(wanted []product.Product) (Changes, Outcome, error) {
	slugs, err := s.assign(wanted)
	if err != nil {
		return Changes{}, Outcome{}, err
	}
	c := Changes{Version: s.version + 1}
	var o Outcome
	made := map[string]bool{}
	for i, p := range wanted {
		p = p.WithSlug(slugs[i])
		old := s.bySKU[p.SKU()]
		switch {
		case old == nil:
			o.Created++
			p = p.WithBorn(c.Version*batch + int64(i))
		case old.Same(&p):
			o.Unchanged++
			continue
		default:
			o.Updated++
			p = p.WithBorn(old.Born())
		}
		c.Products = append(c.Products, p)
		if _, known := s.Category(p.Category()); !known && !made[p.Category()] {
			made[p.Category()] = true
			c.Categories = append(c.Categories, product.Unnamed(p.Category()))
		}
	}
	return c, o, nil
}

// PlanCategories finds which of these categories have to be written.
func (s *Shelf) PlanCategories(wanted []product.Category) Changes {
	c := Changes{Version: s.version + 1}
	for _, category := range wanted {
		if old, known := s.Category(category.Slug()); !known || old != category {
			c.Categories = append(c.Categories, category)
		}
	}
	return c
}

// assign gives each product its slug: the one asked for, else the one it has,
// so that addresses stay when names change, else a free one made of its name.
func (s *Shelf) assign(wanted []product.Product) ([]string, error) {
	here := make(map[string]bool, len(wanted))
	for i := range wanted {
		here[wanted[i].SKU()] = true
	}
	claimed := make(map[string]string, len(wanted)) // slug to sku
	holder := func(slug string) string {
		if sku := claimed[slug]; sku != "" {
			return sku
		}
		// The slug of a product that is being written too is free, unless
		// claimed: it gets its own.
		if it := s.bySlug[slug]; it != nil && !here[it.SKU()] {
			return it.SKU()
		}
		return ""
	}
	slugs := make([]string, len(wanted))
	for i := range wanted {
		p := &wanted[i]
		slug := p.Slug()
		if old := s.bySKU[p.SKU()]; slug == "" && old != nil {
			slug = old.Slug()
		}
		if slug == "" {
			continue
		}
		if other := holder(slug); other != "" {
			return nil, &SlugTaken{Slug: slug, SKU: p.SKU(), Holder: other}
		}
		claimed[slug], slugs[i] = p.SKU(), slug
	}
	for i := range wanted {
		if slugs[i] != "" {
			continue
		}
		p := &wanted[i]
		base := product.SlugFor(p.Name(), p.SKU())
		slug := base
		for n := 2; holder(slug) != ""; n++ {
			slug = fmt.Sprintf("%s-%d", base, n)
		}
		claimed[slug], slugs[i] = p.SKU(), slug
	}
	return slugs, nil
}
