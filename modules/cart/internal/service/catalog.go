package service

import (
	"cmp"
	"context"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/modules/cart/internal/cart"
	cartv1 "galleria/modules/cart/v1"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/contract"
)

// products asks the catalog for all lines of a cart in one call.
func (s *Service) products(ctx context.Context, currency string, skus []string) ([]cart.Product, error) {
	answer, err := s.catalog.GetOffers(ctx, &catalogv1.GetOffersRequest{Skus: skus, CurrencyCode: currency})
	if err != nil {
		return nil, unanswered(ctx, err)
	}
	products := make([]cart.Product, len(answer.GetOffers()))
	for i, o := range answer.GetOffers() {
		products[i] = fromOffer(o)
	}
	return products, nil
}

// standardCurrency is that of an empty cart when its first item names none.
const standardCurrency = "EUR"

// currency is what a cart is priced in: its own while something is in it, else
// the one that its first item names.
func (s *Service) currency(ctx context.Context, cartID, named string) (string, error) {
	c, err := s.store.Load(ctx, cartID)
	if err != nil {
		return "", fmt.Errorf("read the currency of a cart: %w", err)
	}
	if len(c.Lines) > 0 {
		return c.Currency, nil
	}
	return cmp.Or(named, standardCurrency), nil
}

// sold completes an item with what the catalog says of it, or refuses it.
func (s *Service) sold(ctx context.Context, currency string, item cart.Item) (cart.Item, error) {
	products, err := s.products(ctx, currency, []string{item.SKU})
	if err != nil {
		return cart.Item{}, err
	}
	if len(products) == 0 || !products[0].Active {
		err := contract.Error(codes.FailedPrecondition, cartv1.Reason_REASON_NOT_SOLD, "%s is not sold in %s", item.SKU, currency)
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
