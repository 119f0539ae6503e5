package service

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"

	inventoryv1 "galleria/modules/inventory/v1"
	"galleria/modules/orders/internal/order"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/contract"
)

// CancelOrder decides that an order is given back. Whoever drives the order
// just now finds the decision when storing its own next step, and turns
// around; so nothing is given back while something is still being taken.
func (s *Service) CancelOrder(ctx context.Context, req *ordersv1.CancelOrderRequest) (*ordersv1.CancelOrderResponse, error) {
	for {
		o, err := s.open(ctx, req.GetOrderId(), req.GetToken())
		if err != nil {
			return nil, err
		}
		d, err := s.cancel(ctx, o)
		if errors.Is(err, order.ErrStale) {
			continue // it has moved on meanwhile: decide again
		}
		if err != nil {
			return nil, err
		}
		if d != nil {
			if err := d.wait(ctx); err != nil {
				return nil, err
			}
			if o, err = s.Store.ByID(ctx, o.ID()); err != nil {
				return nil, err
			}
		}
		return &ordersv1.CancelOrderResponse{Order: toProto(o)}, nil
	}
}

// cancel stores the decision and returns the drive that gives money and goods
// back; nil when that is done, or is driven by another process.
func (s *Service) cancel(ctx context.Context, o *order.Order) (*drive, error) {
	decided := o.Status() == order.Cancelling || o.Status() == order.Cancelled
	switch err := o.Cancel(order.Ending{Because: order.ByGuest}, s.Now()); {
	case errors.Is(err, order.ErrShipped):
		return nil, contract.Error(codes.FailedPrecondition, ordersv1.Reason_REASON_SHIPPED, "order %s has left the house", o.ID())
	case errors.Is(err, order.ErrNotConfirmed):
		return nil, contract.Error(codes.FailedPrecondition, ordersv1.Reason_REASON_NOT_CONFIRMED, "order %s is not confirmed: there is nothing to cancel", o.ID())
	case err != nil:
		return nil, err
	}
	if !o.Open() {
		return nil, nil
	}
	d := newDrive()
	d.decide() // the answer is known, what remains is to carry it out
	free := o.Free(s.Now())
	if free {
		o.Drive(d.name, s.Now().Add(claimFor))
	}
	if decided && !free {
		return s.driving(o.ID()), nil
	}
	name := "cancel"
	if decided {
		name = "claim"
	}
	if err := s.write(ctx, name, o); err != nil {
		return nil, fmt.Errorf("cancel: %w", err)
	}
	if !free {
		return s.driving(o.ID()), nil
	}
	s.start(context.WithoutCancel(ctx), d, o)
	return d, nil
}

// ShipOrder notes that the goods have left, here and then in inventory: who repeats it
// after a failure does the rest.
func (s *Service) ShipOrder(ctx context.Context, req *ordersv1.ShipOrderRequest) (*ordersv1.ShipOrderResponse, error) {
	for {
		o, err := s.Store.ByID(ctx, req.GetOrderId())
		if errors.Is(err, order.ErrNotFound) {
			return nil, noOrder()
		}
		if err != nil {
			return nil, err
		}
		shipped := o.Status() == order.Shipped
		if err := o.Ship(s.Now()); err != nil {
			return nil, contract.Error(codes.FailedPrecondition, ordersv1.Reason_REASON_NOT_COMPLETED, "order %s is not ready to be sent", o.ID())
		}
		if !shipped {
			err := s.write(ctx, "ship", o)
			if errors.Is(err, order.ErrStale) {
				continue
			}
			if err != nil {
				return nil, err
			}
		}
		_, err = s.Inventory.Ship(ctx, &inventoryv1.ShipRequest{OrderId: o.ID(), Lines: goodsOf(o), IdempotencyKey: o.ID()})
		if err != nil {
			return nil, fmt.Errorf("ship the goods of order %s: %w", o.ID(), err)
		}
		return &ordersv1.ShipOrderResponse{Order: toProto(o)}, nil
	}
}
