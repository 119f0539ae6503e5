// Package service sells: the checkout as a saga, its way back, and what ends
// it when a crash or an outage left it open.
package service

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	cartv1 "galleria/modules/cart/v1"
	catalogv1 "galleria/modules/catalog/v1"
	inventoryv1 "galleria/modules/inventory/v1"
	"galleria/modules/orders/internal/order"
	ordersv1 "galleria/modules/orders/v1"
	paymentsv1 "galleria/modules/payments/v1"
)

// Store keeps orders; internal/store does.
type Store interface {
	Accept(ctx context.Context, o *order.Order) (bool, error)
	Save(ctx context.Context, o *order.Order, facts ...proto.Message) error
	Keep(ctx context.Context, id, driver string, until time.Time) (bool, error)
	ByID(ctx context.Context, id string) (*order.Order, error)
	ByKey(ctx context.Context, key string) (*order.Order, error)
	Due(ctx context.Context, now time.Time, limit int) ([]*order.Order, error)
	List(ctx context.Context, statuses []order.Status, before string, limit int) ([]*order.Order, error)
}

// Options are all a Service needs; every field but Hook is required.
type Options struct {
	Store     Store
	Catalog   catalogv1.CatalogServiceClient
	Inventory inventoryv1.InventoryServiceClient
	Cart      cartv1.CartServiceClient
	Payments  paymentsv1.PaymentsServiceClient
	Log       *slog.Logger
	Now       func() time.Time

	// Pace says when recovery looks for open orders.
	Pace interface {
		Rest(ctx context.Context, signal <-chan struct{}) bool
	}
	// AbandonAfter is the age at which an order that was never confirmed is
	// given up instead of driven on.
	AbandonAfter time.Duration
	// Hook, if set, is told each point a checkout passes; see Points.
	Hook func(point string)
}

// Service implements the contract. Safe for concurrent use, also by several
// processes on one database.
type Service struct {
	ordersv1.UnimplementedOrdersServiceServer
	Options

	// life ends the drives of this process when the service closes.
	life  context.Context
	close context.CancelFunc
	// wake tells recovery that an order's time has come.
	wake chan struct{}

	mu      sync.Mutex
	closed  bool
	running sync.WaitGroup
	drives  map[string]*drive // by order
}

// New makes a service that is ready. Close it.
func New(o Options) *Service {
	if o.Hook == nil {
		o.Hook = func(string) {}
	}
	s := &Service{Options: o, wake: make(chan struct{}, 1), drives: map[string]*drive{}}
	s.life, s.close = context.WithCancel(context.Background())
	return s
}

// Close interrupts the checkouts still being driven, leaves them to recovery,
// and waits until nothing of this service runs any more.
func (s *Service) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.close()
	s.running.Wait()
	return nil
}
