// Package service implements inventory's contract.
package service

import (
	"context"
	"errors"
	"fmt"
	"time"

	inventoryv1 "galleria/modules/inventory/v1"

	"galleria/modules/inventory/internal/request"
	"galleria/modules/inventory/internal/stock"
	"galleria/modules/inventory/internal/store"
)

// Service implements the contract. It is safe for concurrent use.
type Service struct {
	inventoryv1.UnimplementedInventoryServiceServer

	store   *store.Store
	now     func() time.Time
	holdFor time.Duration
}

// New serves the books in store. Reserved goods are held for holdFor.
func New(s *store.Store, now func() time.Time, holdFor time.Duration) *Service {
	return &Service{store: s, now: now, holdFor: holdFor}
}

// GetStock implements the contract.
func (s *Service) GetStock(ctx context.Context, r *inventoryv1.GetStockRequest) (*inventoryv1.GetStockResponse, error) {
	skus, err := request.SKUs(r)
	if err != nil {
		return nil, err
	}
	found, err := s.store.Books(ctx, skus)
	if err != nil {
		return nil, err
	}
	bySKU := make(map[string]stock.Books, len(found))
	for _, b := range found {
		bySKU[b.SKU] = b
	}
	answer := &inventoryv1.GetStockResponse{Stock: make([]*inventoryv1.Stock, 0, len(found))}
	for _, sku := range skus {
		if b, ok := bySKU[sku]; ok {
			answer.Stock = append(answer.Stock, request.Stock(b))
		}
	}
	return answer, nil
}

// SetStock implements the contract.
func (s *Service) SetStock(ctx context.Context, r *inventoryv1.SetStockRequest) (*inventoryv1.SetStockResponse, error) {
	levels, err := request.Levels(r)
	if err != nil {
		return nil, err
	}
	if len(levels) > 0 {
		err = s.store.SetLevels(ctx, levels)
	}
	return &inventoryv1.SetStockResponse{}, err
}

// Receive implements the contract.
func (s *Service) Receive(ctx context.Context, r *inventoryv1.ReceiveRequest) (*inventoryv1.ReceiveResponse, error) {
	key, lines, err := request.Delivery(r)
	if err != nil {
		return nil, err
	}
	same, err := s.store.Receive(ctx, key, lines, s.now())
	if err != nil {
		return nil, err
	}
	if !same {
		return nil, request.KeyReused(key)
	}
	return &inventoryv1.ReceiveResponse{}, nil
}

// Reserve implements the contract.
func (s *Service) Reserve(ctx context.Context, r *inventoryv1.ReserveRequest) (*inventoryv1.ReserveResponse, error) {
	orderID, lines, err := request.Reservation(r)
	if err != nil {
		return nil, err
	}
	now := s.now()
	// Microseconds, as stored, so that a repeat answers exactly the same.
	expires := now.Add(s.holdFor).UTC().Truncate(time.Microsecond)
	kept, err := s.store.Reserve(ctx, stock.Reservation{OrderID: orderID, Status: stock.Held, Lines: lines, ExpiresAt: expires}, now)
	switch {
	case err != nil:
		return nil, failure(orderID, err)
	case kept.Status == stock.Released:
		return nil, request.Released(orderID)
	case !kept.Lines.Equal(lines):
		return nil, request.KeyReused(orderID)
	}
	return request.Reserved(kept.At(now)), nil
}

// Commit implements the contract. It does not look at the clock: goods that are
// overdue and still held were given to nobody else, so the outcome is that of
// expiring and taking them again.
func (s *Service) Commit(ctx context.Context, r *inventoryv1.CommitRequest) (*inventoryv1.CommitResponse, error) {
	orderID, err := request.OrderID(r)
	if err != nil {
		return nil, err
	}
	after, err := s.store.Commit(ctx, orderID)
	if err != nil {
		return nil, failure(orderID, err)
	}
	if after.Status == stock.Released {
		return nil, request.Released(orderID)
	}
	return &inventoryv1.CommitResponse{}, nil
}

// Release implements the contract.
func (s *Service) Release(ctx context.Context, r *inventoryv1.ReleaseRequest) (*inventoryv1.ReleaseResponse, error) {
	orderID, err := request.OrderID(r)
	if err != nil {
		return nil, err
	}
	if err := s.store.Release(ctx, orderID, s.now()); err != nil {
		return nil, err
	}
	return &inventoryv1.ReleaseResponse{}, nil
}

func failure(orderID string, err error) error {
	var short stock.Short
	switch {
	case errors.As(err, &short):
		return request.OutOfStock(short)
	case errors.Is(err, store.ErrNone):
		return request.NoReservation(orderID)
	}
	return fmt.Errorf("order %s: %w", orderID, err)
}
