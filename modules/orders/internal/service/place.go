package service

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"

	"galleria/modules/orders/internal/order"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/contract"
	"galleria/platform/id"
)

const (
	// Of the time a call has, this share is for getting the order confirmed;
	// the rest is for saying honestly that it was not.
	confirmShare = 0.75
	// callTime is the time of a call that has no deadline.
	callTime = 10 * time.Second
	// The pauses between looks at an order that another process drives.
	firstLook, longestLook = 5 * time.Millisecond, 100 * time.Millisecond
)

// PlaceOrder accepts an order and answers when it is settled. From acceptance
// on the order does not depend on the caller: who leaves finds it, by the same
// key, as it became.
func (s *Service) PlaceOrder(ctx context.Context, req *ordersv1.PlaceOrderRequest) (*ordersv1.PlaceOrderResponse, error) {
	until := confirmUntil(ctx, time.Now())
	w, err := wishOf(req)
	if err != nil {
		return nil, err
	}
	earlier, err := s.earlier(ctx, w)
	if err != nil {
		return nil, err
	}
	if earlier != nil {
		return s.answer(ctx, nil, earlier.ID(), until)
	}
	purchase, refused := s.price(ctx, w, until)
	if refused != nil {
		// Perhaps the same request, sent twice at once, has emptied the cart.
		if earlier, err := s.earlier(ctx, w); err != nil || earlier != nil {
			return s.answerEarlier(ctx, earlier, err, until)
		}
		return nil, refused
	}
	return s.accept(ctx, purchase, w, until)
}

// accept writes the order down and drives it on.
func (s *Service) accept(ctx context.Context, p order.Purchase, w wish, until time.Time) (*ordersv1.PlaceOrderResponse, error) {
	now := s.Now()
	o, err := order.Accept(id.New(), id.Secret(), p, now)
	if err != nil {
		return nil, err
	}
	d := newDrive()
	d.until = until
	o.Drive(d.name, now.Add(claimFor))
	s.Hook("accept:before")
	accepted, err := s.Store.Accept(ctx, o)
	if err != nil {
		return nil, err
	}
	s.Hook("accept:after")
	if !accepted {
		earlier, err := s.earlier(ctx, w)
		return s.answerEarlier(ctx, earlier, err, until)
	}
	s.start(context.WithoutCancel(ctx), d, o)
	return s.answer(ctx, d, o.ID(), until)
}

// earlier is the order this key has made; nil when there is none. It fails
// when the key was used for something else.
func (s *Service) earlier(ctx context.Context, w wish) (*order.Order, error) {
	o, err := s.Store.ByKey(ctx, w.key)
	if errors.Is(err, order.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if o.Snapshot().Fingerprint != w.fingerprint() {
		return nil, contract.Error(codes.InvalidArgument, ordersv1.Reason_REASON_KEY_REUSED, "the idempotency key was used for another request")
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
	return s.answer(ctx, nil, earlier.ID(), until)
}

// answer waits until the order is settled, whoever drives it, and takes over
// when nobody does. d is its drive, if that is known already.
func (s *Service) answer(ctx context.Context, d *drive, orderID string, until time.Time) (*ordersv1.PlaceOrderResponse, error) {
	for pause := firstLook; ; pause = min(2*pause, longestLook) {
		if d == nil {
			d = s.driving(orderID)
		}
		if d != nil {
			o, err := s.outcome(ctx, d)
			if err != nil {
				return nil, fmt.Errorf("place order %s: %w", orderID, err)
			}
			if o != nil {
				return answered(o)
			}
		}
		o, err := s.Store.ByID(ctx, orderID)
		if err != nil {
			return nil, err
		}
		if o.Status().Settled() {
			return answered(o)
		}
		if d, err = s.takeOver(ctx, o, until); err != nil {
			return nil, err
		}
		if d != nil {
			continue
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// outcome waits for a drive of this process. Without order and error the
// store must be asked.
func (s *Service) outcome(ctx context.Context, d *drive) (*order.Order, error) {
	if err := d.wait(ctx); err != nil {
		return nil, err
	}
	select {
	case <-d.ended:
	default:
		return nil, nil // settled, and still driven
	}
	switch {
	case errors.Is(d.err, errLost):
		return nil, nil
	case errors.Is(d.err, errClosed):
		return nil, interrupted()
	case d.err != nil:
		return nil, d.err
	case d.last.Status().Settled():
		return d.last, nil
	case s.life.Err() != nil:
		return nil, interrupted()
	}
	return nil, nil // recovery has left it open
}

// interrupted is the answer of a process that ends before the order does.
func interrupted() error {
	return contract.Error(codes.Unavailable, ordersv1.Reason_REASON_UNAVAILABLE, "the checkout was interrupted; repeat it with the same key")
}

// takeOver drives an order that lies about; nil when another process does.
func (s *Service) takeOver(ctx context.Context, o *order.Order, until time.Time) (*drive, error) {
	d := newDrive()
	d.until = until
	claimed, err := s.claim(ctx, d, o)
	if !claimed {
		return nil, err
	}
	s.start(context.WithoutCancel(ctx), d, o)
	return d, nil
}

// answered is the one answer a settled order has.
func answered(o *order.Order) (*ordersv1.PlaceOrderResponse, error) {
	if !o.Status().Promised() {
		return nil, failure(o.Snapshot().Ending)
	}
	return &ordersv1.PlaceOrderResponse{Order: toProto(o), Token: o.Snapshot().Token}, nil
}

// confirmUntil is when a call stops trying to get its order confirmed.
func confirmUntil(ctx context.Context, now time.Time) time.Time {
	left := callTime
	if deadline, ok := ctx.Deadline(); ok {
		left = min(left, deadline.Sub(now))
	}
	return now.Add(time.Duration(float64(left) * confirmShare))
}
