package store

import (
	"fmt"
	"strings"

	"gorm.io/gorm"

	"galleria/modules/catalog/internal/shelf"
)

// save writes changes in a statement per table, whatever their number.
func save(tx *gorm.DB, current *shelf.Shelf, version int64, c shelf.Changes) error {
	if c.Version != version {
		return fmt.Errorf("changes for version %d, not %d", c.Version, version)
	}
	if err := saveCategories(tx, c); err != nil {
		return fmt.Errorf("write %d categories: %w", len(c.Categories), err)
	}
	if err := freeSlugs(tx, current, c); err != nil {
		return fmt.Errorf("free slugs: %w", err)
	}
	if err := saveProducts(tx, c); err != nil {
		return fmt.Errorf("write %d products: %w", len(c.Products), err)
	}
	return nil
}

func saveCategories(tx *gorm.DB, c shelf.Changes) error {
	if len(c.Categories) == 0 {
		return nil
	}
	var values []any
	for _, category := range c.Categories {
		values = append(values, category.Slug(), category.Name(), category.Intro(), int64(category.Position()), c.Version)
	}
	return tx.Exec("INSERT INTO categories ("+categoryColumns+", changed) VALUES "+rows(len(c.Categories), len(values))+
		" ON CONFLICT (slug) DO UPDATE SET name = excluded.name, intro = excluded.intro, position = excluded.position, changed = excluded.changed", values...).Error
}

// freeSlugs gives products whose slug changes one that nothing else can have,
// for two of them may exchange theirs, and the index looks at each row alone.
func freeSlugs(tx *gorm.DB, current *shelf.Shelf, c shelf.Changes) error {
	var moving []string
	for _, p := range c.Products {
		if old := current.BySKU(p.SKU()); old != nil && old.Slug() != p.Slug() {
			moving = append(moving, p.SKU())
		}
	}
	if len(moving) == 0 {
		return nil
	}
	return tx.Exec("UPDATE products SET slug = '~' || sku WHERE sku IN ?", moving).Error
}

func saveProducts(tx *gorm.DB, c shelf.Changes) error {
	if len(c.Products) == 0 {
		return nil
	}
	var values []any
	for i := range c.Products {
		p := &c.Products[i]
		f := p.Facts()
		tags, err := encodeList(f.Tags)
		if err != nil {
			return err
		}
		pictures, err := encodeList(f.Pictures)
		if err != nil {
			return err
		}
		values = append(values, f.SKU, f.Slug, f.Name, f.Description, f.Category, tags, f.Currency, f.PriceMinor, pictures, f.Active, p.Born(), c.Version)
	}
	return tx.Exec("INSERT INTO products ("+productColumns+", changed) VALUES "+rows(len(c.Products), len(values))+
		` ON CONFLICT (sku) DO UPDATE SET slug = excluded.slug, name = excluded.name, description = excluded.description,
		category = excluded.category, tags = excluded.tags, currency_code = excluded.currency_code, price_minor = excluded.price_minor,
		pictures = excluded.pictures, active = excluded.active, changed = excluded.changed`, values...).Error
}

// rows is the placeholders of n rows for that many values.
func rows(n, values int) string {
	row := "(" + strings.TrimSuffix(strings.Repeat("?,", values/n), ",") + ")"
	return strings.TrimSuffix(strings.Repeat(row+",", n), ",")
}
