package service

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/types/known/timestamppb"

	cartv1 "galleria/modules/cart/v1"
	"galleria/platform/access"
	"galleria/platform/contract"
)

// CountCarts implements the contract.
func (s *Service) CountCarts(ctx context.Context, r *cartv1.CountCartsRequest) (*cartv1.CountCartsResponse, error) {
	if err := access.Staff(ctx, notAllowed, "orders:read"); err != nil {
		return nil, err
	}
	if !r.GetFrom().IsValid() || !r.GetUntil().IsValid() || !r.GetFrom().AsTime().Before(r.GetUntil().AsTime()) {
		return nil, contract.Invalid(contract.Violation{Field: "from", Message: "must be a time before until"})
	}
	n, completeFrom, err := s.store.CountBegun(ctx, r.GetFrom().AsTime(), r.GetUntil().AsTime(), r.GetCurrencyCode())
	if err != nil {
		return nil, fmt.Errorf("count carts: %w", err)
	}
	return &cartv1.CountCartsResponse{Carts: n, CompleteFrom: timestamppb.New(completeFrom)}, nil
}
