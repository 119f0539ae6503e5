package service

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc/codes"

	"galleria/modules/orders/internal/order"
	"galleria/modules/orders/internal/store"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/contract"
	"galleria/platform/id"
	"galleria/platform/telemetry"
)

const (
	// Of the time a call has, this share is for arranging the order; the rest is
	// for saying honestly how that went.
	arrangeShare = 0.75
	// patience is how long the answer of an order that failed waits until it has
	// given back what it held.
	patience = 500 * time.Millisecond
	// callTime is the time of a call that has no deadline.
	callTime = 10 * time.Second
)

// PlaceOrder stores an order, has it driven on, and answers when the shopper
// can pay, or when it is decided otherwise. From the moment it is stored the
// order does not depend on the caller: the same key finds it as it became.
func (s *Service) PlaceOrder(ctx context.Context, req *ordersv1.PlaceOrderRequest) (*ordersv1.PlaceOrderResponse, error) {
	until := arrangeUntil(ctx, time.Now())
	c, err := checkoutOf(req)
	if err != nil {
		return nil, err
	}
	earlier, err := s.earlier(ctx, c)
	if err != nil {
		return nil, err
	}
	if earlier != nil {
		return s.answer(ctx, earlier, until)
	}
	for {
		purchase, from, refused := s.price(ctx, c, until)
		if refused != nil {
			// Perhaps the same request, sent twice at once, has emptied the cart.
			if earlier, err := s.earlier(ctx, c); err != nil || earlier != nil {
				return s.answerEarlier(ctx, earlier, err, until)
			}
			return nil, refused
		}
		answer, err := s.accept(ctx, purchase, from, c, until)
		if answer != nil || err != nil {
			return answer, err
		}
	}
}

// accept stores the order and has it driven on. Neither an answer nor an error: its carts
// are to be read again, for what was bought meanwhile.
func (s *Service) accept(ctx context.Context, p order.Purchase, from store.Source, c checkout, until time.Time) (*ordersv1.PlaceOrderResponse, error) {
	for longer := 0; ; {
		now := s.Now()
		token, orderID := id.Secret(), id.New()
		p.ReturnURL = strings.NewReplacer("{order_id}", orderID, "{token}", token).Replace(c.returnURL)
		o, err := order.Place(orderID, order.NewNumber(max(longer-2, 0)), token, p, now, now.Add(s.Hold))
		if err != nil {
			return nil, err
		}
		o.Due(now.Add(headStart))
		s.Hook("place:before")
		placed, err := s.Store.Place(ctx, o, from, s.Limits)
		if err != nil {
			return nil, err
		}
		s.Hook("place:after")
		switch placed {
		case store.Stored:
			return s.arrangeNew(ctx, o, until)
		case store.KeyTaken:
			earlier, err := s.earlier(ctx, c)
			return s.answerEarlier(ctx, earlier, err, until)
		case store.NumberTaken:
			longer++
		case store.CartTaken:
			if answer, err := s.ofSameCart(ctx, p, from.Carts, until); answer != nil || err != nil {
				return answer, err
			}
		case store.CartBought:
			return nil, nil
		case store.RecipientFull:
			if err := s.replaceOldest(ctx, c.contact.Email, c.client, until); err != nil {
				return nil, err
			}
		case store.ClientFull:
			return nil, contract.Error(codes.ResourceExhausted, ordersv1.Reason_REASON_TOO_MANY_ORDERS,
				"too many orders of this network address are not paid: pay or cancel one of them first")
		}
	}
}

// price makes a purchase of a request: what is in the cart, at the prices that
// the shopper was shown.
func (s *Service) price(ctx context.Context, c checkout, until time.Time) (order.Purchase, store.Source, error) {
	ctx, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	basket, from, err := s.basket(ctx, c.cartID)
	if no := refusalOf(err); no != nil {
		return order.Purchase{}, store.Source{}, contract.Invalid(contract.Violation{Field: "cart_id", Message: "is no id of a cart"})
	}
	if err != nil {
		return order.Purchase{}, store.Source{}, s.unavailable(ctx, "read the cart", err)
	}
	if len(basket.Lines) == 0 {
		return order.Purchase{}, store.Source{}, contract.Error(codes.FailedPrecondition, ordersv1.Reason_REASON_CART_EMPTY, "there is nothing in the cart")
	}
	chosen := c.choosing(basket)
	// An order of these carts that waits for its payment ends for this one, or this one does not
	// come to be; so what the shopper has redeemed for it does not count.
	var replaces string
	if len(chosen.codes) > 0 {
		other, err := s.Store.OfCarts(ctx, from.Carts)
		switch {
		case err == nil && s.givesWay(other): // as GetUnpaidOrder says, by which totals are shown
			replaces = other.ID()
		case err != nil && !errors.Is(err, order.ErrNotFound):
			return order.Purchase{}, store.Source{}, err
		}
	}
	var quote Quote
	err = s.patiently(ctx, func() (err error) {
		quote, err = s.Prices.Quote(ctx, Ask{
			Lines: basket.Lines, Currency: basket.Currency, Address: c.address, DeliveryOption: chosen.deliveryOption, Codes: chosen.codes, Email: c.contact.Email,
			Replaces: replaces,
		})
		return err
	})
	if no := refusalOf(err); no != nil {
		return order.Purchase{}, store.Source{}, contract.Error(codes.FailedPrecondition, ordersv1.Reason_REASON_QUOTE_CHANGED, "it can't be priced: %v", no.By)
	}
	if err != nil {
		return order.Purchase{}, store.Source{}, s.unavailable(ctx, "read the prices", err)
	}
	switch {
	case quote.Region == RegionMissing:
		return order.Purchase{}, store.Source{}, contract.Invalid(contract.Violation{Field: "address.region", Message: "Choose a state or province: the taxes there depend on it"})
	case quote.Region == RegionUnknown:
		return order.Purchase{}, store.Source{}, contract.Invalid(contract.Violation{Field: "address.region", Message: "Choose a state or province of the country: the taxes there depend on it, and this is none"})
	case len(quote.Lines) == 0:
		return order.Purchase{}, store.Source{}, notSold(quote.NotSold)
	case !quote.Delivers:
		return order.Purchase{}, store.Source{}, contract.Error(codes.FailedPrecondition, ordersv1.Reason_REASON_NO_DELIVERY, "there is no delivery to %s", c.address.Country)
	case !c.agreed(quote, basket.Currency):
		return order.Purchase{}, store.Source{}, contract.Error(codes.FailedPrecondition, ordersv1.Reason_REASON_QUOTE_CHANGED, "the price is not the one that was shown")
	}
	return order.Purchase{
		Key: c.key, Fingerprint: c.fingerprint(), CartID: c.cartID, Client: c.client, Contact: c.contact, Address: c.address,
		Currency: basket.Currency, Lines: quote.Lines, Totals: quote.Totals, Terms: quote.Terms,
	}, from, nil
}

// basket reads a cart, and from what carts its lines came. What was bought from those
// before is read first, so that what is bought after it is noticed when the order is stored.
func (s *Service) basket(ctx context.Context, cartID string) (basket Basket, from store.Source, err error) {
	for from.Carts = []string{cartID}; ; {
		if from.Bought, err = s.Store.BoughtFrom(ctx, from.Carts); err != nil {
			return basket, from, err
		}
		err = s.patiently(ctx, func() (err error) {
			basket, err = s.Carts.Get(ctx, cartID)
			return err
		})
		carts := append([]string{cartID}, basket.MergedFrom...)
		if err != nil || len(carts) == len(from.Carts) { // carts only come to it
			return basket, from, err
		}
		from.Carts = carts
	}
}

// earlier is the order this key has made; nil when there is none. It fails
// when the key was used for something else.
func (s *Service) earlier(ctx context.Context, c checkout) (*order.Order, error) {
	o, err := s.Store.ByKey(ctx, c.key)
	if errors.Is(err, order.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if o.Snapshot().Fingerprint != c.fingerprint() {
		return nil, keyReused()
	}
	return o, nil
}

func (s *Service) answerEarlier(ctx context.Context, earlier *order.Order, err error, until time.Time) (*ordersv1.PlaceOrderResponse, error) {
	switch {
	case err != nil:
		return nil, err
	case earlier == nil:
		return nil, errors.New("the idempotency key is taken, but its order can't be found")
	}
	return s.answer(ctx, earlier, until)
}

// arrangeNew drives an order on that was stored just now, and answers.
func (s *Service) arrangeNew(ctx context.Context, o *order.Order, until time.Time) (*ordersv1.PlaceOrderResponse, error) {
	orderID, asStored := o.ID(), order.FromStore(o.Snapshot())
	changed, leave := s.watch(orderID)
	defer leave()
	s.start(ctx, orderID, o, &drive{until: until, fresh: true}, func() {})
	limited, cancel := leavingTime(ctx)
	defer cancel()
	o, err := s.awaitChange(limited, orderID, asStored, changed, arranged)
	if err != nil {
		return nil, fmt.Errorf("place order %s: %w", orderID, err)
	}
	return s.answerArranged(ctx, o)
}

// answer waits until it is decided what to say of an order that was there, and has
// one driven on that may have been left by a process that died.
func (s *Service) answer(ctx context.Context, o *order.Order, until time.Time) (*ordersv1.PlaceOrderResponse, error) {
	if !arranged(o) {
		s.start(ctx, o.ID(), nil, &drive{until: until}, func() {})
		var err error
		if o, err = s.awaitArranged(ctx, o.ID()); err != nil {
			return nil, fmt.Errorf("place order: %w", err)
		}
	}
	return s.answerArranged(ctx, o)
}

// answerArranged says what became of an order, or that it is not known yet.
func (s *Service) answerArranged(ctx context.Context, o *order.Order) (_ *ordersv1.PlaceOrderResponse, err error) {
	telemetry.Mark(ctx, "order", o.Snapshot().Number)
	if o, err = s.givenBack(ctx, o); err != nil {
		return nil, err
	}
	switch {
	case !arranged(o):
		return nil, notKnown(o.ID())
	case o.Status() == order.Failed:
		return nil, failure(o.Snapshot().Ending)
	}
	snapshot := o.Snapshot()
	return &ordersv1.PlaceOrderResponse{Order: toProto(o), Token: snapshot.Token, RedirectUrl: snapshot.Payment.URL}, nil
}

// givenBack waits a moment until an order that ended holds nothing any more: an order that
// follows at once is to find the goods on the shelf.
func (s *Service) givenBack(ctx context.Context, o *order.Order) (*order.Order, error) {
	if !o.Snapshot().GiveBack {
		return o, nil
	}
	soon, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return s.await(soon, o.ID(), func(o *order.Order) bool { return !o.Snapshot().GiveBack })
}

// arranged says that it is decided what PlaceOrder answers.
func arranged(o *order.Order) bool {
	return o.Status() != order.Placing || o.Snapshot().Payment.State != order.NotStarted
}

// awaitArranged waits until it is decided what PlaceOrder answers.
func (s *Service) awaitArranged(ctx context.Context, orderID string) (*order.Order, error) {
	ctx, cancel := leavingTime(ctx)
	defer cancel()
	return s.await(ctx, orderID, arranged)
}

// leavingTime ends a little before ctx, so that there is time for the answer.
func leavingTime(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-time.Until(deadline)/20))
}

// arrangeUntil is when a call stops trying to get its order arranged.
func arrangeUntil(ctx context.Context, now time.Time) time.Time {
	left := callTime
	if deadline, ok := ctx.Deadline(); ok {
		left = min(left, deadline.Sub(now))
	}
	return now.Add(time.Duration(float64(left) * arrangeShare))
}
