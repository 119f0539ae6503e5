package service

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"

	"galleria/modules/catalog/internal/product"
	"galleria/modules/catalog/internal/shelf"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/access"
	"galleria/platform/contract"
	"galleria/platform/id"
)

// Bounds of one call.
const (
	maxUpserted   = 1000
	maxVariants   = 4000 // of all products of one call
	maxProducts   = 500  // withdrawn or deleted
	maxCategories = 200
)

// UpsertProducts writes products, all or none.
func (s *Service) UpsertProducts(ctx context.Context, r *catalogv1.UpsertProductsRequest) (*catalogv1.UpsertProductsResponse, error) {
	if err := access.Staff(ctx, notAllowed, mayWrite); err != nil {
		return nil, err
	}
	wanted, err := checkedProducts(r.GetProducts())
	if err != nil {
		return nil, err
	}
	var done shelf.Outcome
	making := shelf.Making{NewID: id.New, At: s.now().Truncate(time.Microsecond), Expected: r.GetExpectedVersions()} // the time as it is stored
	err = s.write(ctx, func(current *shelf.Shelf) (changes shelf.Changes, err error) {
		changes, done, err = current.PlanProducts(wanted, making)
		return changes, err
	})
	if err != nil {
		return nil, refusal(err, fmt.Sprintf("upsert %d products", len(wanted)))
	}
	return &catalogv1.UpsertProductsResponse{Created: int32(done.Created), Updated: int32(done.Updated), Unchanged: int32(done.Unchanged)}, nil
}

func checkedProducts(messages []*catalogv1.Product) ([]product.Product, error) {
	if len(messages) > maxUpserted {
		return nil, contract.Invalid(contract.Violation{Field: "products", Message: fmt.Sprintf("has up to %d entries", maxUpserted)})
	}
	variants := 0
	for _, m := range messages {
		variants += len(m.GetVariants())
	}
	if variants > maxVariants {
		return nil, contract.Invalid(contract.Violation{Field: "products", Message: fmt.Sprintf("have up to %d variants in all, not %d", maxVariants, variants)})
	}
	var bad []contract.Violation
	first := map[string]int{} // entry by sku
	checked := make([]product.Product, 0, len(messages))
	for i, m := range messages {
		p, problems := fromProduct(m)
		for _, problem := range problems {
			bad = append(bad, contract.Violation{Field: fmt.Sprintf("products[%d].%s", i, problem.Field), Message: problem.Message})
		}
		for n, v := range m.GetVariants() {
			j, twice := first[v.GetSku()]
			if twice && j != i && v.GetSku() != "" {
				bad = append(bad, contract.Violation{Field: fmt.Sprintf("products[%d].variants[%d].sku", i, n), Message: fmt.Sprintf("is already in products[%d]", j)})
			}
			first[v.GetSku()] = i
		}
		checked = append(checked, p)
	}
	if err := contract.Invalid(bad...); err != nil {
		return nil, err
	}
	return checked, nil
}

// WithdrawProducts makes products inactive.
func (s *Service) WithdrawProducts(ctx context.Context, r *catalogv1.WithdrawProductsRequest) (*catalogv1.WithdrawProductsResponse, error) {
	if err := access.Staff(ctx, notAllowed, mayWrite); err != nil {
		return nil, err
	}
	if err := checkMany("ids", len(r.GetIds()), maxProducts); err != nil {
		return nil, err
	}
	done := 0
	err := s.write(ctx, func(current *shelf.Shelf) (shelf.Changes, error) {
		c := current.PlanWithdrawal(r.GetIds())
		done = len(c.Products)
		return c, nil
	})
	if err != nil {
		return nil, refusal(err, fmt.Sprintf("withdraw %d products", len(r.GetIds())))
	}
	return &catalogv1.WithdrawProductsResponse{Withdrawn: int32(done)}, nil
}

// DeleteProducts removes products.
func (s *Service) DeleteProducts(ctx context.Context, r *catalogv1.DeleteProductsRequest) (*catalogv1.DeleteProductsResponse, error) {
	if err := access.Staff(ctx, notAllowed, mayWrite); err != nil {
		return nil, err
	}
	if err := checkMany("ids", len(r.GetIds()), maxProducts); err != nil {
		return nil, err
	}
	done := 0
	err := s.write(ctx, func(current *shelf.Shelf) (shelf.Changes, error) {
		c, err := current.PlanDeletion(r.GetIds(), r.GetExpectedVersions())
		done = len(c.DeletedProducts)
		return c, err
	})
	if err != nil {
		return nil, refusal(err, fmt.Sprintf("delete %d products", len(r.GetIds())))
	}
	return &catalogv1.DeleteProductsResponse{Deleted: int32(done)}, nil
}

// UpsertCategories writes categories, all or none.
func (s *Service) UpsertCategories(ctx context.Context, r *catalogv1.UpsertCategoriesRequest) (*catalogv1.UpsertCategoriesResponse, error) {
	if err := access.Staff(ctx, notAllowed, mayWrite); err != nil {
		return nil, err
	}
	if err := checkMany("categories", len(r.GetCategories()), maxCategories); err != nil {
		return nil, err
	}
	var bad []contract.Violation
	first := map[string]int{}
	var wanted []product.Category
	for i, m := range r.GetCategories() {
		c, problems := fromCategory(m)
		for _, p := range problems {
			bad = append(bad, contract.Violation{Field: fmt.Sprintf("categories[%d].%s", i, p.Field), Message: p.Message})
		}
		if j, twice := first[m.GetSlug()]; twice && m.GetSlug() != "" {
			bad = append(bad, contract.Violation{Field: fmt.Sprintf("categories[%d].slug", i), Message: fmt.Sprintf("is already in categories[%d]", j)})
		} else {
			first[m.GetSlug()] = i
		}
		wanted = append(wanted, c)
	}
	if err := contract.Invalid(bad...); err != nil {
		return nil, err
	}
	err := s.write(ctx, func(current *shelf.Shelf) (shelf.Changes, error) { return current.PlanCategories(wanted), nil })
	if err != nil {
		return nil, refusal(err, fmt.Sprintf("upsert %d categories", len(wanted)))
	}
	return &catalogv1.UpsertCategoriesResponse{}, nil
}

// DeleteCategories removes categories, all or none.
func (s *Service) DeleteCategories(ctx context.Context, r *catalogv1.DeleteCategoriesRequest) (*catalogv1.DeleteCategoriesResponse, error) {
	if err := access.Staff(ctx, notAllowed, mayWrite); err != nil {
		return nil, err
	}
	if err := checkMany("slugs", len(r.GetSlugs()), maxCategories); err != nil {
		return nil, err
	}
	done := 0
	err := s.write(ctx, func(current *shelf.Shelf) (shelf.Changes, error) {
		c, err := current.PlanCategoryDeletion(r.GetSlugs())
		done = len(c.DeletedCategories)
		return c, err
	})
	if err != nil {
		return nil, refusal(err, fmt.Sprintf("delete %d categories", len(r.GetSlugs())))
	}
	return &catalogv1.DeleteCategoriesResponse{Deleted: int32(done)}, nil
}

func checkMany(field string, n, most int) error {
	if n <= most {
		return nil
	}
	return contract.Invalid(contract.Violation{Field: field, Message: fmt.Sprintf("has up to %d entries", most)})
}

// refusal says in the contract's terms why a plan could not be made.
func refusal(err error, operation string) error {
	var taken *shelf.Taken
	var twice *shelf.Twice
	var held *shelf.CategoryNotEmpty
	var changed *shelf.Changed
	switch {
	case errors.As(err, &taken):
		reason := catalogv1.Reason_REASON_SLUG_TAKEN
		if taken.What == "sku" {
			reason = catalogv1.Reason_REASON_SKU_TAKEN
		}
		err = contract.Error(codes.AlreadyExists, reason, "%v", taken)
		return contract.WithMetadata(err, map[string]string{taken.What: taken.Value, "holder": taken.Holder})
	case errors.As(err, &changed):
		err = contract.Error(codes.Aborted, catalogv1.Reason_REASON_CHANGED_MEANWHILE, "%v", changed)
		return contract.WithMetadata(err, map[string]string{"id": changed.ID})
	case errors.As(err, &twice):
		return contract.Invalid(contract.Violation{
			Field: fmt.Sprintf("products[%d].id", twice.Second), Message: fmt.Sprintf("is the same product as products[%d], by id, slug or sku", twice.First),
		})
	case errors.As(err, &held):
		err = contract.Error(codes.FailedPrecondition, catalogv1.Reason_REASON_CATEGORY_NOT_EMPTY, "%v", held)
		return contract.WithMetadata(err, map[string]string{"category": held.Slug})
	}
	return fmt.Errorf("%s: %w", operation, err)
}
