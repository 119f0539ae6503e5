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
	mu         sync.Mutex
	shelf      *shelf.Shelf
	products   map[string]product.Product
	categories map[string]product.Category
}

// New makes an empty store.
func New() *Store {
	return &Store{shelf: &shelf.Shelf{}, products: map[string]product.Product{}, categories: map[string]product.Category{}}
}

// Version is that of the last change.
func (s *Store) Version(context.Context) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shelf.Version(), nil
}

// Changes gives everything, which includes what changed.
func (s *Store) Changes(context.Context, int64) (shelf.Changes, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return shelf.Changes{
		Version:    s.shelf.Version(),
		Products:   slices.Collect(maps.Values(s.products)),
		Categories: slices.Collect(maps.Values(s.categories)),
	}, nil
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
		s.products[p.SKU()] = p
	}
	for _, c := range changes.Categories {
		s.categories[c.Slug()] = c
	}
	s.shelf = s.shelf.With(changes)
	return nil
}
