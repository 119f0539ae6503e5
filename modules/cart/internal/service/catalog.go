package service

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/modules/cart/internal/cart"
	catalogv1 "galleria/modules/catalog/v1"
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

var errNotSold = errors.New("the catalog does not sell it")

// put completes an item with what the catalog says of it, and writes it. The currency
// is the cart's; as that is nearly always the one that the request names, this one is
// tried first, so that the cart need not be read before.
func (s *Service) put(ctx context.Context, cartID, named string, item cart.Item, write func(cart.Item) (int64, error)) (int64, error) {
	currency := cmp.Or(named, standardCurrency)
	for again := false; ; again = true {
		products, err := s.products(ctx, currency, []string{item.SKU})
		if err != nil {
			return 0, err
		}
		status := cart.Unknown
		if len(products) > 0 {
			status = products[0].Status
		}
		other := cart.InCurrency(currency)
		switch status {
		case cart.Sellable:
			item.Name, item.Currency = products[0].Name, currency
			count, err := write(item)
			if !errors.As(err, &other) || again {
				return count, err
			}
		case cart.NoPrice:
			if !again {
				if other, err = s.currencyOf(ctx, cartID, other); err != nil {
					return 0, err
				}
			}
			if string(other) == currency {
				return 0, other
			}
		default:
			return 0, errNotSold
		}
		currency = string(other)
	}
}

// currencyOf is the currency of what is in a cart; an empty one takes any.
func (s *Service) currencyOf(ctx context.Context, cartID string, otherwise cart.InCurrency) (cart.InCurrency, error) {
	c, err := s.store.Load(ctx, cartID)
	if err != nil {
		return "", fmt.Errorf("read the currency of a cart: %w", err)
	}
	if len(c.Lines) == 0 {
		return otherwise, nil
	}
	return cart.InCurrency(c.Currency), nil
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
