// Package store keeps the catalog in the module's database.
package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"galleria/modules/catalog/internal/product"
	"galleria/modules/catalog/internal/shelf"
	"galleria/platform/database"
)

// Store is the catalog's tables. Safe for concurrent use.
type Store struct{ db *database.DB }

// New returns the store in db, which it does not own.
func New(db *database.DB) *Store { return &Store{db: db} }

// Version is that of the last change.
func (s *Store) Version(ctx context.Context) (int64, error) { return version(s.db.Read(ctx)) }

// Changes is everything that changed after a version. What is written between
// its statements may be in it already; its version is one before that, so that
// the next call gives it again.
func (s *Store) Changes(ctx context.Context, since int64) (shelf.Changes, error) {
	db := s.db.Read(ctx)
	at, err := version(db)
	if err != nil {
		return shelf.Changes{}, err
	}
	return changes(db, since, at)
}

// errNothing rolls a write back that found nothing to change.
var errNothing = errors.New("nothing to change")

// Write stores what plan wants changed. It raises the version before it looks
// at anything: that row's lock makes writers follow one another, in all
// processes, so that what plan saw is still so when it is written, and so that
// versions become visible in their order.
func (s *Store) Write(ctx context.Context, known *shelf.Shelf, plan func(current *shelf.Shelf) (shelf.Changes, error)) error {
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		next, err := raise(tx)
		if err != nil {
			return err
		}
		current, err := upTo(tx, known, next-1)
		if err != nil {
			return err
		}
		wanted, err := plan(current)
		if err != nil {
			return err
		}
		if wanted.Empty() {
			return errNothing
		}
		return save(tx, current, next, wanted)
	})
	if errors.Is(err, errNothing) {
		return nil
	}
	return err
}

func version(db *gorm.DB) (version int64, err error) {
	err = db.Raw("SELECT version FROM catalog_state WHERE id = 1").Scan(&version).Error
	return version, err
}

func raise(tx *gorm.DB) (next int64, err error) {
	err = tx.Raw("UPDATE catalog_state SET version = version + 1 WHERE id = 1 RETURNING version").Scan(&next).Error
	if err == nil && next == 0 {
		err = errors.New("the row of catalog_state is missing")
	}
	return next, err
}

// upTo brings a shelf to a version, as a transaction sees it.
func upTo(tx *gorm.DB, known *shelf.Shelf, version int64) (*shelf.Shelf, error) {
	if known.Version() == version {
		return known, nil
	}
	if !known.Precedes(version) {
		known = &shelf.Shelf{}
	}
	c, err := changes(tx, known.Version(), version)
	if err != nil {
		return nil, err
	}
	return known.With(c), nil
}

// What changed after a version. In an order by id SQLite would walk all products along
// that index, and not look up the few that changed.
const (
	changedProducts = "SELECT " + productColumns + " FROM catalog_products WHERE changed > ?"
	changedVariants = "SELECT " + variantColumns + " FROM variants WHERE product_id IN (SELECT id FROM catalog_products WHERE changed > ?) ORDER BY product_id, position"
)

// changes reads categories after products, so that no product comes without its
// category, and variants between: one statement each. What is changed or deleted between
// them comes with the next call.
func changes(db *gorm.DB, since, at int64) (shelf.Changes, error) {
	c := shelf.Changes{Version: at}
	products, err := all(db.Raw(changedProducts, since), (*productRow).columns)
	if err != nil {
		return c, fmt.Errorf("read products: %w", err)
	}
	var variants []variantRow
	if len(products) > 0 {
		if variants, err = all(db.Raw(changedVariants, since), (*variantRow).columns); err != nil {
			return c, fmt.Errorf("read variants: %w", err)
		}
	}
	var categories []categoryRow
	if err := db.Raw("SELECT "+categoryColumns+" FROM categories WHERE changed > ?", since).Scan(&categories).Error; err != nil {
		return c, fmt.Errorf("read categories: %w", err)
	}
	if err := assemble(&c, products, variants); err != nil {
		return c, err
	}
	c.Categories = make([]product.Category, len(categories))
	for i, r := range categories {
		c.Categories[i] = product.RestoreCategory(r.Slug, r.Name, r.Intro, r.Position, r.Withdrawn)
	}
	if since == 0 {
		return c, nil
	}
	return c, deletions(db, &c, since)
}

// all are the rows of a query. A start reads hundreds of thousands of them, and gorm
// takes several times as long for each.
func all[R any](query *gorm.DB, columns func(*R) []any) (found []R, err error) {
	rows, err := query.Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var row R
	into := columns(&row)
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		found = append(found, row)
	}
	return found, rows.Err()
}

// assemble puts products and their variants together. Variants come by product.
func assemble(c *shelf.Changes, products []productRow, variants []variantRow) error {
	byProduct := make(map[string][]variantRow, len(products))
	for start := 0; start < len(variants); {
		end := start
		for end < len(variants) && variants[end].ProductID == variants[start].ProductID {
			end++
		}
		byProduct[variants[start].ProductID] = variants[start:end]
		start = end
	}
	d := &decoder{}
	c.Products = make([]product.Product, 0, len(products))
	for i := range products {
		its := byProduct[products[i].ID]
		if len(its) == 0 {
			continue // it was deleted between the statements: the next call says so
		}
		p := d.product(&products[i], its)
		if isTorn(p.Facts()) {
			continue // it was changed between the statements, and the next call says how
		}
		c.Products = append(c.Products, p)
	}
	return d.err
}

// isTorn tells that a product's variants are those of another version of it: they have a
// value for each of its options.
func isTorn(f *product.Facts) bool {
	return slices.ContainsFunc(f.Variants, func(v product.Variant) bool { return len(v.OptionValues) != len(f.Options) })
}

func deletions(db *gorm.DB, c *shelf.Changes, since int64) error {
	var gone []struct{ What, Key string }
	if err := db.Raw("SELECT what, key FROM deletions WHERE changed > ?", since).Scan(&gone).Error; err != nil {
		return fmt.Errorf("read deletions: %w", err)
	}
	for _, g := range gone {
		switch {
		case g.What == "category":
			c.DeletedCategories = append(c.DeletedCategories, g.Key)
		case !slices.ContainsFunc(c.Products, func(p product.Product) bool { return p.ID() == g.Key }):
			c.DeletedProducts = append(c.DeletedProducts, g.Key)
		}
	}
	return nil
}
