// Package service implements inventory's contract.
package service

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	inventoryv1 "galleria/modules/inventory/v1"

	"galleria/modules/inventory/internal/stock"
	"galleria/modules/inventory/internal/store"
	"galleria/platform/access"
	"galleria/platform/identity"
	"galleria/platform/route"
)

// Service implements the contract. It is safe for concurrent use.
type Service struct {
	inventoryv1.UnimplementedInventoryServiceServer

	store *store.Store
	now   func() time.Time
}

// New serves the books in store.
func New(s *store.Store, now func() time.Time) *Service { return &Service{store: s, now: now} }

// GetLevels implements the contract.
func (s *Service) GetLevels(ctx context.Context, r *inventoryv1.GetLevelsRequest) (*inventoryv1.GetLevelsResponse, error) {
	skus, err := readSKUs(r)
	if err != nil {
		return nil, err
	}
	found, err := s.store.Levels(ctx, skus)
	if err != nil {
		return nil, err
	}
	bySKU := make(map[string][]*inventoryv1.Level, len(found))
	for _, l := range found {
		bySKU[l.SKU] = append(bySKU[l.SKU], levelOf(l))
	}
	answer := &inventoryv1.GetLevelsResponse{Levels: make([]*inventoryv1.Level, 0, len(found))}
	for _, sku := range skus {
		answer.Levels = append(answer.Levels, bySKU[sku]...)
	}
	return answer, nil
}

// SetLevels implements the contract.
func (s *Service) SetLevels(ctx context.Context, r *inventoryv1.SetLevelsRequest) (*inventoryv1.SetLevelsResponse, error) {
	if err := access.Staff(ctx, notAllowed, mayWrite); err != nil {
		return nil, err
	}
	counts, err := readCounts(r)
	if err != nil {
		return nil, err
	}
	if len(counts) > 0 {
		if err := s.store.SetLevels(ctx, counts, s.origin(ctx)); err != nil {
			return nil, failure("counts", err)
		}
	}
	return &inventoryv1.SetLevelsResponse{}, nil
}

// Allocate implements the contract. It does not look at the clock for what is overdue
// and not yet given back: nobody else got those goods, so the outcome is that of
// expiring and taking them again.
func (s *Service) Allocate(ctx context.Context, r *inventoryv1.AllocateRequest) (*inventoryv1.AllocateResponse, error) {
	if err := access.Modules(ctx, notAllowed, orders); err != nil {
		return nil, err
	}
	var bad problems
	now := s.now()
	a := stock.Allocation{
		OrderID: bad.key("order_id", r.GetOrderId()), Lines: bad.lines(r.GetLines(), 1, maxLines), EndsAt: bad.end(r, now),
	}
	if err := bad.err(); err != nil {
		return nil, err
	}
	ends, err := s.store.Allocate(ctx, a, now)
	if err != nil {
		return nil, failure("order "+a.OrderID, err)
	}
	answer := &inventoryv1.AllocateResponse{}
	if !ends.IsZero() {
		answer.ExpiresAt = timestamppb.New(ends)
	}
	return answer, nil
}

// Release implements the contract.
func (s *Service) Release(ctx context.Context, r *inventoryv1.ReleaseRequest) (*inventoryv1.ReleaseResponse, error) {
	if err := access.Modules(ctx, notAllowed, orders); err != nil {
		return nil, err
	}
	var bad problems
	order, lines := bad.key("order_id", r.GetOrderId()), bad.lines(r.GetLines(), 0, maxLines)
	switch {
	case len(lines) > 0:
		bad.key("idempotency_key", r.GetIdempotencyKey())
	case r.GetIdempotencyKey() != "":
		bad.add("idempotency_key", "is only for lines: without them all is released, once")
	}
	if err := bad.err(); err != nil {
		return nil, err
	}
	var err error
	if len(lines) > 0 {
		err = s.store.ReleaseLines(ctx, order, r.GetIdempotencyKey(), lines, s.now())
	} else {
		err = s.store.Release(ctx, order, s.now())
	}
	if err != nil {
		return nil, failure("key "+r.GetIdempotencyKey(), err)
	}
	return &inventoryv1.ReleaseResponse{}, nil
}

// Ship implements the contract.
func (s *Service) Ship(ctx context.Context, r *inventoryv1.ShipRequest) (*inventoryv1.ShipResponse, error) {
	if err := access.Modules(ctx, notAllowed, orders); err != nil {
		return nil, err
	}
	var bad problems
	order, lines := bad.key("order_id", r.GetOrderId()), bad.lines(r.GetLines(), 1, maxLines)
	key := bad.key("idempotency_key", r.GetIdempotencyKey())
	if err := bad.err(); err != nil {
		return nil, err
	}
	if err := s.store.Ship(ctx, order, key, lines, s.origin(ctx)); err != nil {
		return nil, failure("key "+key, err)
	}
	return &inventoryv1.ShipResponse{}, nil
}

// Adjust implements the contract.
func (s *Service) Adjust(ctx context.Context, r *inventoryv1.AdjustRequest) (*inventoryv1.AdjustResponse, error) {
	if err := access.Staff(ctx, notAllowed, mayWrite, orders); err != nil {
		return nil, err
	}
	key, adjustment, err := readAdjustment(r)
	if err != nil {
		return nil, err
	}
	level, err := s.store.Adjust(ctx, key, adjustment, s.origin(ctx))
	if err != nil {
		return nil, failure("key "+key, err)
	}
	return &inventoryv1.AdjustResponse{Level: levelOf(level)}, nil
}

// Receive implements the contract.
func (s *Service) Receive(ctx context.Context, r *inventoryv1.ReceiveRequest) (*inventoryv1.ReceiveResponse, error) {
	if err := access.Staff(ctx, notAllowed, mayWrite); err != nil {
		return nil, err
	}
	var bad problems
	key, lines := bad.key("idempotency_key", r.GetIdempotencyKey()), bad.lines(r.GetLines(), 1, maxReceived)
	location := bad.location("location", r.GetLocation())
	if err := bad.err(); err != nil {
		return nil, err
	}
	repeated, err := s.store.Receive(ctx, key, location, lines, s.origin(ctx))
	if err != nil {
		return nil, failure("key "+key, err)
	}
	return &inventoryv1.ReceiveResponse{Repeated: repeated}, nil
}

// ListMovements implements the contract.
func (s *Service) ListMovements(ctx context.Context, r *inventoryv1.ListMovementsRequest) (*inventoryv1.ListMovementsResponse, error) {
	if err := access.Staff(ctx, notAllowed, mayRead); err != nil {
		return nil, err
	}
	wanted, err := readPage(r)
	if err != nil {
		return nil, err
	}
	size := wanted.Most
	wanted.Most++ // tells whether there is another page
	found, err := s.store.Movements(ctx, wanted)
	if err != nil {
		return nil, err
	}
	answer := &inventoryv1.ListMovementsResponse{}
	if len(found) > size {
		found = found[:size]
		answer.NextPageToken = tokenAfter(found[size-1].ID)
	}
	for _, m := range found {
		answer.Movements = append(answer.Movements, movementOf(m))
	}
	return answer, nil
}

// maxProblems is how many differences an audit tells.
const maxProblems = 100

// Audit implements the contract.
func (s *Service) Audit(ctx context.Context, _ *inventoryv1.AuditRequest) (*inventoryv1.AuditResponse, error) {
	if err := access.Staff(ctx, notAllowed, mayRead); err != nil {
		return nil, err
	}
	found, err := s.store.Audit(ctx, maxProblems)
	if err != nil {
		return nil, err
	}
	answer := &inventoryv1.AuditResponse{}
	for _, p := range found {
		answer.Problems = append(answer.Problems, &inventoryv1.AuditResponse_Problem{
			Sku: p.SKU, Location: p.Location, What: p.What, Level: p.Level, Sum: p.Sum,
		})
	}
	return answer, nil
}

// origin is who makes a call, and when: a module, an operator, or those on whose behalf an
// edge asks.
func (s *Service) origin(ctx context.Context) stock.Origin {
	actor := route.Caller(ctx)
	if who, known := identity.From(ctx); known && !access.IsCaller(ctx, orders) {
		actor = who.Subject
	}
	return stock.Origin{Actor: actor, At: s.now()}
}
