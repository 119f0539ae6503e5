// Package memory keeps a catalog for as long as a test lasts.
package memory

import (
	"context"
	"maps"
	"slices"
	"sync"

	"galleria/modules/catalog/internal/product"
	"galleria/modules/catalog/internal/shelf"
)

// Store is a catalog's store in memory. Safe for concurrent use.
type Store struct {
	mu       sync.Mutex
	shelf    *shelf.Shelf
	versions map[string]int64 // of each change, by "p"+id or "c"+slug
	products map[string]product.Product
	category map[string]product.Category
}

// New makes an empty store.
func New() *Store {
	return &Store{
		shelf: &shelf.Shelf{}, versions: map[string]int64{},
		products: map[string]product.Product{}, category: map[string]product.Category{},
	}
}

// Version is that of the last change.
func (s *Store) Version(context.Context) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shelf.Version(), nil
}

// Changes is everything that changed after a version.
func (s *Store) Changes(_ context.Context, since int64) (shelf.Changes, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := shelf.Changes{Version: s.shelf.Version()}
	for _, key := range slices.Sorted(maps.Keys(s.versions)) {
		if s.versions[key] <= since {
			continue
		}
		what, name := key[:1], key[1:]
		p, isProduct := s.products[name]
		category, isCategory := s.category[name]
		switch {
		case what == "p" && isProduct:
			c.Products = append(c.Products, p)
		case what == "p":
			c.DeletedProducts = append(c.DeletedProducts, name)
		case isCategory:
			c.Categories = append(c.Categories, category)
		default:
			c.DeletedCategories = append(c.DeletedCategories, name)
		}
	}
	return c, nil
}

// Write stores what plan wants changed.
func (s *Store) Write(ctx context.Context, _ *shelf.Shelf, plan func(*shelf.Shelf) (shelf.Changes, error)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	changes, err := plan(s.shelf)
	if err != nil || changes.Empty() {
		return err
	}
	for _, p := range changes.Products {
		s.products[p.ID()] = p
		s.versions["p"+p.ID()] = changes.Version
	}
	for _, id := range changes.DeletedProducts {
		delete(s.products, id)
		s.versions["p"+id] = changes.Version
	}
	for _, c := range changes.Categories {
		s.category[c.Slug()] = c
		s.versions["c"+c.Slug()] = changes.Version
	}
	for _, slug := range changes.DeletedCategories {
		delete(s.category, slug)
		s.versions["c"+slug] = changes.Version
	}
	s.shelf = s.shelf.With(changes)
	return nil
}
