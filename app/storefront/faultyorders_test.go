package storefront_test

import (
	"context"
	"sync"

	ordersv1 "galleria/modules/orders/v1"
)

// faultyOrders fails when told to: before the work, or after it. It remembers the order
// that was placed last.
type faultyOrders struct {
	ordersv1.OrdersServiceServer
	mu     sync.Mutex
	before error
	lost   error
	placed *ordersv1.PlaceOrderResponse
}

func (f *faultyOrders) fail(before, lost error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.before, f.lost = before, lost
}

func (f *faultyOrders) faults() (before, lost error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.before, f.lost
}

func (f *faultyOrders) PlaceOrder(ctx context.Context, r *ordersv1.PlaceOrderRequest) (*ordersv1.PlaceOrderResponse, error) {
	before, lost := f.faults()
	if before != nil {
		return nil, before
	}
	answer, err := f.OrdersServiceServer.PlaceOrder(ctx, r)
	f.mu.Lock()
	f.placed = answer
	f.mu.Unlock()
	if lost != nil {
		return nil, lost
	}
	return answer, err
}

func (f *faultyOrders) last() (id, token string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.placed.GetOrder().GetId(), f.placed.GetToken()
}

func (f *faultyOrders) GetOrder(ctx context.Context, r *ordersv1.GetOrderRequest) (*ordersv1.GetOrderResponse, error) {
	if before, _ := f.faults(); before != nil {
		return nil, before
	}
	return f.OrdersServiceServer.GetOrder(ctx, r)
}
