// Package inventorytest holds inventory's contract suite, and a fake that
// passes it, for other modules' tests.
package inventorytest

import (
	"context"
	"sync"
	"time"

	inventoryv1 "galleria/modules/inventory/v1"

	"galleria/modules/inventory/internal/request"
	"galleria/modules/inventory/internal/stock"
	"galleria/platform/module"
)

// Fake is inventory in memory. It is safe for concurrent use. Goods held too
// long go back to the shelf by its clock, at the next call.
type Fake struct {
	inventoryv1.UnimplementedInventoryServiceServer
	outages

	// HoldFor is how long goods are held; 30 minutes unless set before use.
	HoldFor time.Duration
	// Now is the clock; time.Now unless set before use.
	Now func() time.Time

	mu           sync.Mutex
	books        map[string]*stock.Books
	reservations map[string]*stock.Reservation
	deliveries   map[string]stock.Lines
}

// NewFake makes a fake with empty shelves.
func NewFake() *Fake {
	return &Fake{
		HoldFor:      30 * time.Minute,
		Now:          time.Now,
		books:        map[string]*stock.Books{},
		reservations: map[string]*stock.Reservation{},
		deliveries:   map[string]stock.Lines{},
	}
}

// Definition puts a new fake into a world for each start.
func Definition() module.Definition { return define(func() *Fake { return NewFake() }) }

// Definition puts this fake into a world, so that the test can reach it.
func (f *Fake) Definition() module.Definition { return define(func() *Fake { return f }) }

func define(make func() *Fake) module.Definition {
	return module.Definition{
		Name:     "inventory",
		Contract: &inventoryv1.InventoryService_ServiceDesc,
		New:      func(module.Host) (*module.Instance, error) { return &module.Instance{Server: make()}, nil },
	}
}

// GetStock implements the contract.
func (f *Fake) GetStock(ctx context.Context, r *inventoryv1.GetStockRequest) (*inventoryv1.GetStockResponse, error) {
	return call(ctx, f, "GetStock", func(time.Time) (*inventoryv1.GetStockResponse, error) {
		skus, err := request.SKUs(r)
		if err != nil {
			return nil, err
		}
		answer := &inventoryv1.GetStockResponse{}
		for _, sku := range skus {
			if b := f.books[sku]; b != nil {
				answer.Stock = append(answer.Stock, request.Stock(*b))
			}
		}
		return answer, nil
	})
}

// SetStock implements the contract.
func (f *Fake) SetStock(ctx context.Context, r *inventoryv1.SetStockRequest) (*inventoryv1.SetStockResponse, error) {
	return call(ctx, f, "SetStock", func(time.Time) (*inventoryv1.SetStockResponse, error) {
		levels, err := request.Levels(r)
		if err != nil {
			return nil, err
		}
		for _, l := range levels {
			b := f.shelf(l.SKU)
			b.OnHand = l.Quantity
			b.Received = b.OnHand + b.Reserved + b.Sold
		}
		return &inventoryv1.SetStockResponse{}, nil
	})
}

// Receive implements the contract.
func (f *Fake) Receive(ctx context.Context, r *inventoryv1.ReceiveRequest) (*inventoryv1.ReceiveResponse, error) {
	return call(ctx, f, "Receive", func(time.Time) (*inventoryv1.ReceiveResponse, error) {
		key, lines, err := request.Delivery(r)
		if err != nil {
			return nil, err
		}
		if before, ok := f.deliveries[key]; ok {
			if !before.Equal(lines) {
				return nil, request.KeyReused(key)
			}
			return &inventoryv1.ReceiveResponse{}, nil
		}
		f.deliveries[key] = lines
		for _, l := range lines {
			b := f.shelf(l.SKU)
			b.OnHand += l.Quantity
			b.Received += l.Quantity
		}
		return &inventoryv1.ReceiveResponse{}, nil
	})
}

// Reserve implements the contract.
func (f *Fake) Reserve(ctx context.Context, r *inventoryv1.ReserveRequest) (*inventoryv1.ReserveResponse, error) {
	return call(ctx, f, "Reserve", func(now time.Time) (*inventoryv1.ReserveResponse, error) {
		orderID, lines, err := request.Reservation(r)
		if err != nil {
			return nil, err
		}
		if held := f.reservations[orderID]; held != nil {
			switch {
			case held.Status == stock.Released:
				return nil, request.Released(orderID)
			case !held.Lines.Equal(lines):
				return nil, request.KeyReused(orderID)
			}
			return request.Reserved(*held), nil
		}
		if err := f.take(lines); err != nil {
			return nil, err
		}
		held := &stock.Reservation{OrderID: orderID, Status: stock.Held, Lines: lines, ExpiresAt: now.Add(f.HoldFor)}
		f.reservations[orderID] = held
		return request.Reserved(*held), nil
	})
}

// Commit implements the contract.
func (f *Fake) Commit(ctx context.Context, r *inventoryv1.CommitRequest) (*inventoryv1.CommitResponse, error) {
	return call(ctx, f, "Commit", func(time.Time) (*inventoryv1.CommitResponse, error) {
		orderID, err := request.OrderID(r)
		if err != nil {
			return nil, err
		}
		held := f.reservations[orderID]
		switch {
		case held == nil:
			return nil, request.NoReservation(orderID)
		case held.Status == stock.Released:
			return nil, request.Released(orderID)
		case held.Status == stock.Committed:
			return &inventoryv1.CommitResponse{}, nil
		case held.Status == stock.Expired:
			if err := f.take(held.Lines); err != nil {
				return nil, err
			}
		}
		held.Status = stock.Committed
		for _, l := range held.Lines {
			f.books[l.SKU].Reserved -= l.Quantity
			f.books[l.SKU].Sold += l.Quantity
		}
		return &inventoryv1.CommitResponse{}, nil
	})
}

// Release implements the contract.
func (f *Fake) Release(ctx context.Context, r *inventoryv1.ReleaseRequest) (*inventoryv1.ReleaseResponse, error) {
	return call(ctx, f, "Release", func(time.Time) (*inventoryv1.ReleaseResponse, error) {
		orderID, err := request.OrderID(r)
		if err != nil {
			return nil, err
		}
		held := f.reservations[orderID]
		if held == nil {
			held = &stock.Reservation{OrderID: orderID}
			f.reservations[orderID] = held
		}
		for _, l := range held.Lines {
			switch b := f.books[l.SKU]; held.Status {
			case stock.Held:
				b.Reserved -= l.Quantity
				b.OnHand += l.Quantity
			case stock.Committed:
				b.Sold -= l.Quantity
				b.OnHand += l.Quantity
			}
		}
		held.Status = stock.Released
		return &inventoryv1.ReleaseResponse{}, nil
	})
}

// take moves all lines from the shelf to the reserved, or none.
func (f *Fake) take(lines stock.Lines) error {
	for _, l := range lines {
		if on := f.onHand(l.SKU); on < l.Quantity {
			return request.OutOfStock(stock.Short{SKU: l.SKU, Available: on})
		}
	}
	for _, l := range lines {
		f.books[l.SKU].OnHand -= l.Quantity
		f.books[l.SKU].Reserved += l.Quantity
	}
	return nil
}

func (f *Fake) expire(now time.Time) {
	for _, held := range f.reservations {
		if at := held.At(now); at.Status != held.Status {
			held.Status = at.Status
			for _, l := range held.Lines {
				f.books[l.SKU].Reserved -= l.Quantity
				f.books[l.SKU].OnHand += l.Quantity
			}
		}
	}
}

func (f *Fake) onHand(sku string) int64 {
	if b := f.books[sku]; b != nil {
		return b.OnHand
	}
	return 0
}

func (f *Fake) shelf(sku string) *stock.Books {
	if f.books[sku] == nil {
		f.books[sku] = &stock.Books{SKU: sku}
	}
	return f.books[sku]
}
