package service

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/modules/cart/internal/cart"
	cartv1 "galleria/modules/cart/v1"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/contract"
)

// products asks the catalog for all lines of a cart in one call.
func (s *Service) products(ctx context.Context, skus []string) ([]cart.Product, error) {
	answer, err := s.catalog.GetProducts(ctx, &catalogv1.GetProductsRequest{Skus: skus})
	if err != nil {
		return nil, unanswered(ctx, err)
	}
	products := make([]cart.Product, len(answer.GetProducts()))
	for i, p := range answer.GetProducts() {
		products[i] = fromProduct(p)
	}
	return products, nil
}

// sold completes an item with what the catalog says of it, or refuses it.
func (s *Service) sold(ctx context.Context, item cart.Item) (cart.Item, error) {
	products, err := s.products(ctx, []string{item.SKU})
	if err != nil {
		return cart.Item{}, err
	}
	if len(products) == 0 || !products[0].Active {
		err := contract.Error(codes.FailedPrecondition, cartv1.Reason_REASON_NOT_SOLD, "the catalog has no active product %s", item.SKU)
		return cart.Item{}, contract.WithMetadata(err, map[string]string{"sku": item.SKU})
	}
	item.Name, item.Currency = products[0].Name, products[0].Currency
	return item, nil
}

// unanswered is the error of a cart whose catalog can't be asked, whatever is
// wrong with that: its errors are not part of the cart's contract. A caller
// that gave up, or whose time is over, hears just that.
func unanswered(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return status.Errorf(codes.Unavailable, "the catalog can't be asked just now: %s", status.Code(err))
}
