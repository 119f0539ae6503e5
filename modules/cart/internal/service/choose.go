package service

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"

	"galleria/modules/cart/internal/cart"
	cartv1 "galleria/modules/cart/v1"
	"galleria/platform/contract"
)

// SetCodes replaces the voucher codes.
func (s *Service) SetCodes(ctx context.Context, r *cartv1.SetCodesRequest) (*cartv1.SetCodesResponse, error) {
	bad := checkCodes(checkCart(nil, r.GetCartId()), "codes", r.GetCodes())
	bad = checkCodes(bad, "expected.codes", r.GetExpected().GetCodes())
	if err := contract.Invalid(bad...); err != nil {
		return nil, err
	}
	if err := s.opens(ctx, r.GetCartId()); err != nil {
		return nil, err
	}
	var expected *[]string
	if r.GetExpected() != nil {
		folded := cart.FoldCodes(r.GetExpected().GetCodes())
		expected = &folded
	}
	err := s.store.SetCodes(ctx, r.GetCartId(), cart.FoldCodes(r.GetCodes()), expected)
	if errors.Is(err, cart.ErrOtherCodes) {
		return nil, contract.Error(codes.Aborted, cartv1.Reason_REASON_CHANGED_MEANWHILE, "set the codes: %v", err)
	}
	if err != nil {
		return nil, refusedChoice(err, "set the codes")
	}
	return &cartv1.SetCodesResponse{}, nil
}

// SetDelivery keeps the delivery option.
func (s *Service) SetDelivery(ctx context.Context, r *cartv1.SetDeliveryRequest) (*cartv1.SetDeliveryResponse, error) {
	bad := checkChoice(checkCart(nil, r.GetCartId()), "delivery_option", r.GetDeliveryOption())
	if err := contract.Invalid(bad...); err != nil {
		return nil, err
	}
	if err := s.opens(ctx, r.GetCartId()); err != nil {
		return nil, err
	}
	if err := s.store.SetDelivery(ctx, r.GetCartId(), r.GetDeliveryOption()); err != nil {
		return nil, refusedChoice(err, "set the delivery option")
	}
	return &cartv1.SetDeliveryResponse{}, nil
}

// SetDestination keeps where the goods go.
func (s *Service) SetDestination(ctx context.Context, r *cartv1.SetDestinationRequest) (*cartv1.SetDestinationResponse, error) {
	to := cart.Destination{Country: r.GetDestination().GetCountry(), Region: r.GetDestination().GetRegion(), PostalCode: r.GetDestination().GetPostalCode()}
	if err := contract.Invalid(checkDestination(checkCart(nil, r.GetCartId()), to)...); err != nil {
		return nil, err
	}
	if err := s.opens(ctx, r.GetCartId()); err != nil {
		return nil, err
	}
	if err := s.store.SetDestination(ctx, r.GetCartId(), to); err != nil {
		return nil, refusedChoice(err, "set the destination")
	}
	return &cartv1.SetDestinationResponse{}, nil
}

// SetCustomer says whose cart it is.
func (s *Service) SetCustomer(ctx context.Context, r *cartv1.SetCustomerRequest) (*cartv1.SetCustomerResponse, error) {
	bad := checkChoice(checkCart(nil, r.GetCartId()), "customer_id", r.GetCustomerId())
	if err := contract.Invalid(bad...); err != nil {
		return nil, err
	}
	was, err := mayHave(ctx, r.GetCustomerId())
	if err != nil {
		return nil, err
	}
	err = s.store.SetCustomer(ctx, r.GetCartId(), r.GetCustomerId(), was)
	if errors.Is(err, cart.ErrAnothers) {
		return nil, anothers()
	}
	if err != nil {
		return nil, refusedChoice(err, "set the customer")
	}
	return &cartv1.SetCustomerResponse{}, nil
}

// MergeCarts puts what is in one cart into another.
func (s *Service) MergeCarts(ctx context.Context, r *cartv1.MergeCartsRequest) (*cartv1.MergeCartsResponse, error) {
	bad := check(nil, cartPattern.MatchString(r.GetFrom()), "from", badCart)
	bad = check(bad, cartPattern.MatchString(r.GetInto()), "into", badCart)
	bad = check(bad, r.GetFrom() != r.GetInto() || r.GetInto() == "", "into", "is another cart than from")
	bad = checkName(bad, "idempotency_key", r.GetIdempotencyKey())
	if err := contract.Invalid(bad...); err != nil {
		return nil, err
	}
	if err := s.mayMerge(ctx, r.GetFrom(), r.GetInto()); err != nil {
		return nil, err
	}
	count, err := s.store.Merge(ctx, cart.Merge{From: r.GetFrom(), Into: r.GetInto(), Key: r.GetIdempotencyKey()})
	if errors.Is(err, cart.ErrKeyReused) {
		return nil, contract.Error(codes.InvalidArgument, cartv1.Reason_REASON_KEY_REUSED, "merge carts: %v", err)
	}
	if err != nil {
		return nil, fmt.Errorf("merge carts: %w", err)
	}
	return &cartv1.MergeCartsResponse{ItemCount: count}, nil
}

func refusedChoice(err error, operation string) error {
	if errors.Is(err, cart.ErrNoCart) {
		return contract.Error(codes.NotFound, cartv1.Reason_REASON_NO_CART, "%s: %v", operation, err)
	}
	return fmt.Errorf("%s: %w", operation, err)
}
