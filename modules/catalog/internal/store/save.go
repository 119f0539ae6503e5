package store

import (
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"

	"galleria/modules/catalog/internal/shelf"
)

// perStatement is how many rows of variants one statement writes: databases bound
// how many values it may have.
const perStatement = 1000

// save writes changes in a few statements, whatever their number.
func save(tx *gorm.DB, current *shelf.Shelf, version int64, c shelf.Changes) error {
	if c.Version != version {
		return fmt.Errorf("changes for version %d, not %d", c.Version, version)
	}
	if err := saveCategories(tx, c); err != nil {
		return fmt.Errorf("write %d categories: %w", len(c.Categories), err)
	}
	if err := freeNames(tx, current, c); err != nil {
		return fmt.Errorf("free slugs and skus: %w", err)
	}
	if err := saveProducts(tx, c); err != nil {
		return fmt.Errorf("write %d products: %w", len(c.Products), err)
	}
	if err := saveVariants(tx, c); err != nil {
		return fmt.Errorf("write the variants of %d products: %w", len(c.Products), err)
	}
	if err := saveEarlier(tx, current, c); err != nil {
		return fmt.Errorf("keep what %d products said before: %w", len(c.Products), err)
	}
	if err := saveDeletions(tx, c); err != nil {
		return fmt.Errorf("delete %d products and %d categories: %w", len(c.DeletedProducts), len(c.DeletedCategories), err)
	}
	return nil
}

func saveCategories(tx *gorm.DB, c shelf.Changes) error {
	if len(c.Categories) == 0 {
		return nil
	}
	var values []any
	var slugs []string
	for _, category := range c.Categories {
		values = append(values, category.Slug(), category.Name(), category.Intro(), int64(category.Position()), category.Withdrawn(), c.Version)
		slugs = append(slugs, category.Slug())
	}
	err := tx.Exec("INSERT INTO categories ("+categoryColumns+", changed) VALUES "+rows(len(c.Categories), len(values))+
		" ON CONFLICT (slug) DO UPDATE SET name = excluded.name, intro = excluded.intro, position = excluded.position, withdrawn = excluded.withdrawn, changed = excluded.changed", values...).Error
	if err != nil {
		return err
	}
	return tx.Exec("DELETE FROM deletions WHERE what = 'category' AND key IN ?", slugs).Error
}

// freeNames gives products whose slug changes one that nothing else can have, for
// two of them may exchange theirs, and the index looks at each row alone; and it
// removes the variants of all that were there, which are written anew.
func freeNames(tx *gorm.DB, current *shelf.Shelf, c shelf.Changes) error {
	var moving, there []string
	for i := range c.Products {
		p := &c.Products[i]
		old := current.ByID(p.ID())
		if old == nil {
			continue
		}
		there = append(there, p.ID())
		if old.Slug() != p.Slug() {
			moving = append(moving, p.ID())
		}
	}
	there = append(there, c.DeletedProducts...)
	if len(moving) > 0 {
		if err := tx.Exec("UPDATE catalog_products SET slug = '~' || id WHERE id IN ?", moving).Error; err != nil {
			return err
		}
	}
	if len(there) == 0 {
		return nil
	}
	return tx.Exec("DELETE FROM variants WHERE product_id IN ?", there).Error
}

func saveProducts(tx *gorm.DB, c shelf.Changes) error {
	if len(c.Products) == 0 {
		return nil
	}
	var values []any
	for i := range c.Products {
		p := &c.Products[i]
		f := p.Facts()
		tags, attributes, pictures, alts, options := encodeProduct(f)
		created := int64(0)
		if !p.Created().IsZero() {
			created = p.Created().UnixMicro()
		}
		values = append(values, f.ID, f.Slug, encode(p.Former()), f.Name, f.Description, f.Category, tags, attributes, pictures, alts, options,
			f.Active, created, p.Born(), c.Version)
	}
	return tx.Exec("INSERT INTO catalog_products ("+productColumns+", changed) VALUES "+rows(len(c.Products), len(values))+
		` ON CONFLICT (id) DO UPDATE SET slug = excluded.slug, former_slugs = excluded.former_slugs, name = excluded.name,
		description = excluded.description, category = excluded.category, tags = excluded.tags, attributes = excluded.attributes,
		pictures = excluded.pictures, picture_alts = excluded.picture_alts, options = excluded.options, active = excluded.active, changed = excluded.changed`, values...).Error
}

func saveVariants(tx *gorm.DB, c shelf.Changes) error {
	var all [][]any
	for i := range c.Products {
		f := c.Products[i].Facts()
		for n := range f.Variants {
			v := &f.Variants[n]
			all = append(all, []any{v.SKU, f.ID, n, encode(v.OptionValues), encodePrices(v.Prices), v.WeightGrams, v.TaxClass, v.Picture, v.Active})
		}
	}
	for some := range slices.Chunk(all, perStatement) {
		values := slices.Concat(some...)
		if err := tx.Exec("INSERT INTO variants ("+variantColumns+") VALUES "+rows(len(some), len(values)), values...).Error; err != nil {
			return err
		}
	}
	return nil
}

func saveDeletions(tx *gorm.DB, c shelf.Changes) error {
	var values []any
	for _, id := range c.DeletedProducts {
		values = append(values, "product", id, c.Version)
	}
	for _, slug := range c.DeletedCategories {
		values = append(values, "category", slug, c.Version)
	}
	if len(values) == 0 {
		return nil
	}
	if len(c.DeletedProducts) > 0 {
		if err := tx.Exec("DELETE FROM catalog_products WHERE id IN ?", c.DeletedProducts).Error; err != nil {
			return err
		}
	}
	if len(c.DeletedCategories) > 0 {
		if err := tx.Exec("DELETE FROM categories WHERE slug IN ?", c.DeletedCategories).Error; err != nil {
			return err
		}
	}
	err := tx.Exec("INSERT INTO deletions (what, key, changed) VALUES "+rows(len(values)/3, len(values))+
		" ON CONFLICT (what, key) DO UPDATE SET changed = excluded.changed", values...).Error
	if err != nil {
		return err
	}
	return tx.Exec("DELETE FROM deletions WHERE changed <= ?", c.Version-shelf.MostBehind).Error
}

// rows is the placeholders of n rows for that many values.
func rows(n, values int) string {
	row := "(" + strings.TrimSuffix(strings.Repeat("?,", values/n), ",") + ")"
	return strings.TrimSuffix(strings.Repeat(row+",", n), ",")
}
