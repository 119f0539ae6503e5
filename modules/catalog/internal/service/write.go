package service

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"

	"galleria/modules/catalog/internal/product"
	"galleria/modules/catalog/internal/shelf"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/contract"
)

// Bounds of one upsert.
const (
	maxProducts   = 500
	maxCategories = 200
)

// UpsertProducts writes products, all or none.
func (s *Service) UpsertProducts(ctx context.Context, r *catalogv1.UpsertProductsRequest) (*catalogv1.UpsertProductsResponse, error) {
	wanted, err := checked("products", maxProducts, r.GetProducts(), "sku", (*catalogv1.Product).GetSku, fromProduct)
	if err != nil {
		return nil, err
	}
	var done shelf.Outcome
	err = s.write(ctx, func(current *shelf.Shelf) (changes shelf.Changes, err error) {
		changes, done, err = current.PlanProducts(wanted)
		return changes, err
	})
	var taken *shelf.SlugTaken
	switch {
	case errors.As(err, &taken):
		err = contract.Error(codes.AlreadyExists, catalogv1.Reason_REASON_SLUG_TAKEN, "%v", taken)
		return nil, contract.WithMetadata(err, map[string]string{"slug": taken.Slug, "sku": taken.SKU, "holder": taken.Holder})
	case err != nil:
		return nil, fmt.Errorf("upsert %d products: %w", len(wanted), err)
	}
	return &catalogv1.UpsertProductsResponse{Created: int32(done.Created), Updated: int32(done.Updated), Unchanged: int32(done.Unchanged)}, nil
}

// UpsertCategories writes categories, all or none.
func (s *Service) UpsertCategories(ctx context.Context, r *catalogv1.UpsertCategoriesRequest) (*catalogv1.UpsertCategoriesResponse, error) {
	wanted, err := checked("categories", maxCategories, r.GetCategories(), "slug", (*catalogv1.Category).GetSlug, fromCategory)
	if err != nil {
		return nil, err
	}
	err = s.write(ctx, func(current *shelf.Shelf) (shelf.Changes, error) { return current.PlanCategories(wanted), nil })
	if err != nil {
		return nil, fmt.Errorf("upsert %d categories: %w", len(wanted), err)
	}
	return &catalogv1.UpsertCategoriesResponse{}, nil
}

// checked converts a list of messages and names everything that is wrong with
// any of them, also that one stands in it twice.
func checked[M, T any](list string, most int, messages []M, key string, keyOf func(M) string, convert func(M) (T, []product.Problem)) ([]T, error) {
	if len(messages) > most {
		return nil, contract.Invalid(contract.Violation{Field: list, Message: fmt.Sprintf("has up to %d entries", most)})
	}
	var bad []contract.Violation
	first := make(map[string]int, len(messages))
	checked := make([]T, 0, len(messages))
	for i, m := range messages {
		value, problems := convert(m)
		for _, p := range problems {
			bad = append(bad, contract.Violation{Field: fmt.Sprintf("%s[%d].%s", list, i, p.Field), Message: p.Message})
		}
		if j, twice := first[keyOf(m)]; twice && keyOf(m) != "" {
			bad = append(bad, contract.Violation{Field: fmt.Sprintf("%s[%d].%s", list, i, key), Message: fmt.Sprintf("stands in %s[%d] already", list, j)})
		} else {
			first[keyOf(m)] = i
		}
		checked = append(checked, value)
	}
	if err := contract.Invalid(bad...); err != nil {
		return nil, err
	}
	return checked, nil
}
