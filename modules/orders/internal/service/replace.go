package service

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"google.golang.org/grpc/codes"

	"galleria/modules/orders/internal/order"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/contract"
)

// A shopper who goes back from the page of payment and orders anew means the newer order.
// So the earlier one ends for it, as soon as its payment is stopped: no two orders of one
// cart can be paid, and goods are held for one of them.

// ofSameCart makes room for an order of carts that another one has claimed. The same
// order, as of a second tab, is answered as it is. Neither an answer nor an error: try to
// store the new one.
func (s *Service) ofSameCart(ctx context.Context, p order.Purchase, carts []string, until time.Time) (*ordersv1.PlaceOrderResponse, error) {
	other, err := s.Store.OfCarts(ctx, carts)
	if errors.Is(err, order.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if !other.Leaving() && isOf(p, other.Snapshot()) {
		return s.answer(ctx, other, until)
	}
	other, err = s.replace(ctx, other.ID(), until)
	switch {
	case err != nil:
		return nil, err
	case other.Status().Ended() && !other.Snapshot().TakeFromCart:
		return nil, nil
	case other.Status().Ended():
		return nil, s.unavailable(ctx, "take what an ended order bought from its cart", errors.New("it waits for the cart"))
	}
	err = contract.Error(codes.FailedPrecondition, ordersv1.Reason_REASON_CART_CLAIMED, "an earlier order of this cart is paid")
	return nil, contract.WithMetadata(err, map[string]string{"order_id": other.ID(), "token": other.Snapshot().Token})
}

// isOf tells whether an order is of that purchase: the request alone does not tell, for
// some leave what is bought to the cart.
func isOf(p order.Purchase, o order.Snapshot) bool {
	return p.Fingerprint == o.Fingerprint && p.Terms.DeliveryOption == o.Terms.DeliveryOption && slices.Equal(p.Terms.Codes, o.Terms.Codes) &&
		slices.EqualFunc(p.Lines, o.Lines, func(a, b order.Line) bool {
			return a.SKU == b.SKU && a.Quantity == b.Quantity && a.Total == b.Total
		})
}

// replaceOldest makes room for an order of an e-mail address that has as many unpaid ones of
// its client as it may. One that turns out to be paid needs no room any more: it was of
// another cart.
func (s *Service) replaceOldest(ctx context.Context, email, client string, until time.Time) error {
	unpaid, err := s.Store.UnpaidOf(ctx, email, client)
	if err != nil {
		return err
	}
	for ; len(unpaid) >= s.Limits.PerRecipient; unpaid = unpaid[1:] {
		if _, err := s.replace(ctx, unpaid[0], until); err != nil {
			return err
		}
	}
	return nil
}

// replace ends an order for a newer one, unless it turns out to be paid. It fails when
// that can't be found out before until.
func (s *Service) replace(ctx context.Context, orderID string, until time.Time) (*order.Order, error) {
	// One whose payment is just being started ends sooner when that is done. Its process
	// may have died over it: so there must be time left to decide.
	arranging, cancel := context.WithTimeout(ctx, time.Until(until)/2)
	defer cancel()
	if _, err := s.await(arranging, orderID, arranged); err != nil {
		return nil, fmt.Errorf("replace order %s: %w", orderID, err)
	}
	o, err := s.decide(ctx, "replace", s.byID(ctx, orderID), func(o *order.Order) error { return o.GiveWay(s.Now()) })
	if err != nil {
		return nil, fmt.Errorf("replace order %s: %w", orderID, err)
	}
	if o.Status() == order.Placing && o.Snapshot().Attention.Reason != "" {
		return nil, notKnown(orderID) // it waits for an operator
	}
	ending, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	o, err = s.await(ending, orderID, func(o *order.Order) bool { return o.Status() != order.Placing })
	if err != nil {
		return nil, fmt.Errorf("replace order %s: %w", orderID, err)
	}
	if o.Status() == order.Placing {
		return nil, notKnown(orderID)
	}
	return s.givenBack(ctx, o)
}
