package shelf

import (
	"fmt"
	"time"

	"galleria/modules/catalog/internal/product"
)

// batch bounds how many products one version can make, so that Born can be
// counted within a version.
const batch = 1 << 10

// Outcome counts what an upsert did.
type Outcome struct{ Created, Updated, Unchanged int }

// Making is what new products need: an id and a time.
type Making struct {
	NewID func() string
	At    time.Time
	// Expected are versions that products must still have, by id.
	Expected map[string]string
}

// Changed says that a product has not the version that was expected.
type Changed struct{ ID string }

func (e *Changed) Error() string {
	return fmt.Sprintf("product %s was changed or deleted meanwhile; get it again, and decide what it is to be", e.ID)
}

// PlanProducts finds what has to be written so that these products, at most
// 1,000, are on the shelf: nothing for those that are there already, an id and a
// slug for those that have none, and categories that are missing. The changes
// are those of the shelf's next version.
func (s *Shelf) PlanProducts(wanted []product.Product, m Making) (Changes, Outcome, error) {
	old, err := s.replaced(wanted)
	if err != nil {
		return Changes{}, Outcome{}, err
	}
	slugs, err := s.assign(wanted, old)
	if err != nil {
		return Changes{}, Outcome{}, err
	}
	if err := s.checkSKUs(wanted, old); err != nil {
		return Changes{}, Outcome{}, err
	}
	c := Changes{Version: s.version + 1}
	var o Outcome
	made := map[string]bool{}
	for i, p := range wanted {
		if version, ok := m.Expected[p.ID()]; ok && old[i] == nil && version != "" {
			return Changes{}, Outcome{}, &Changed{p.ID()}
		}
		if old[i] == nil {
			o.Created++
			id := p.ID()
			if id == "" {
				id = m.NewID()
			}
			p = p.Made(id, slugs[i], c.Version*batch+int64(i), m.At)
		} else {
			p = p.Replacing(old[i], slugs[i])
			if p.Same(old[i]) {
				o.Unchanged++ // also a repeated call that expects what there was before the first
				continue
			}
			if version, ok := m.Expected[old[i].ID()]; ok && version != old[i].Version() {
				return Changes{}, Outcome{}, &Changed{old[i].ID()}
			}
			o.Updated++
		}
		c.Products = append(c.Products, p)
		if _, known := s.Category(p.Category()); !known && !made[p.Category()] {
			made[p.Category()] = true
			c.Categories = append(c.Categories, product.Unnamed(p.Category()))
		}
	}
	s.endFormer(&c)
	return c, o, nil
}

// endFormer takes former slugs from products when others get them: each address
// leads to one product.
func (s *Shelf) endFormer(c *Changes) {
	at := map[string]int{} // by id
	for i := range c.Products {
		at[c.Products[i].ID()] = i
	}
	for i := range len(c.Products) {
		slug := c.Products[i].Slug()
		id, former := s.former.get(slug)
		if !former || id == c.Products[i].ID() {
			continue
		}
		if j, changes := at[id]; changes {
			c.Products[j] = c.Products[j].WithoutFormer(slug)
		} else if other := s.ByID(id); other != nil {
			at[id] = len(c.Products)
			c.Products = append(c.Products, other.WithoutFormer(slug))
		}
	}
	// What two products exchanged is no former slug of either.
	now := map[string]bool{}
	for i := range c.Products {
		now[c.Products[i].Slug()] = true
	}
	for i := range c.Products {
		for _, slug := range c.Products[i].Former() {
			if now[slug] {
				c.Products[i] = c.Products[i].WithoutFormer(slug)
			}
		}
	}
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

// PlanWithdrawal finds which of these products are to be withdrawn.
func (s *Shelf) PlanWithdrawal(ids []string) Changes {
	c := Changes{Version: s.version + 1}
	for _, p := range s.each(ids) {
		if p.Active() {
			c.Products = append(c.Products, p.Withdrawn())
		}
	}
	return c
}

// PlanDeletion finds which of these products are there to be deleted; expected are
// versions that they must still have, by id.
func (s *Shelf) PlanDeletion(ids []string, expected map[string]string) (Changes, error) {
	c := Changes{Version: s.version + 1}
	for _, p := range s.each(ids) {
		if version, ok := expected[p.ID()]; ok && version != p.Version() {
			return Changes{}, &Changed{p.ID()}
		}
		c.DeletedProducts = append(c.DeletedProducts, p.ID())
	}
	return c, nil
}

// each are the products of these ids that there are, each once.
func (s *Shelf) each(ids []string) (all []*product.Product) {
	seen := map[string]bool{}
	for _, id := range ids {
		if p := s.ByID(id); p != nil && !seen[id] {
			seen[id] = true
			all = append(all, p)
		}
	}
	return all
}

// CategoryNotEmpty says that a product is in a category.
type CategoryNotEmpty struct {
	Slug     string
	Products int
}

func (e *CategoryNotEmpty) Error() string {
	return fmt.Sprintf("category %q has %d products: delete them or put them into another one first", e.Slug, e.Products)
}

// PlanCategoryDeletion finds which of these categories are there to be deleted.
func (s *Shelf) PlanCategoryDeletion(slugs []string) (Changes, error) {
	c := Changes{Version: s.version + 1}
	seen := map[string]bool{}
	for _, slug := range slugs {
		if n := s.held[slug]; n > 0 {
			return Changes{}, &CategoryNotEmpty{slug, n}
		}
		if _, known := s.Category(slug); known && !seen[slug] {
			seen[slug] = true
			c.DeletedCategories = append(c.DeletedCategories, slug)
		}
	}
	return c, nil
}
