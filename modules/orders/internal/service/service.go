// Package service sells: it places orders, has them driven on, and takes the
// decisions of customers and operators about them.
package service

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"galleria/modules/orders/internal/order"
	"galleria/modules/orders/internal/store"
	ordersv1 "galleria/modules/orders/v1"
)

// Store keeps orders; internal/store does.
type Store interface {
	Place(ctx context.Context, o *order.Order, from store.Source, most store.Limits) (store.Placed, error)
	BoughtFrom(ctx context.Context, carts []string) (orders []string, err error)
	ForgetBought(ctx context.Context, before time.Time) error
	Save(ctx context.Context, o *order.Order, facts ...proto.Message) error
	ByID(ctx context.Context, id string) (*order.Order, error)
	ByKey(ctx context.Context, key string) (*order.Order, error)
	OfCarts(ctx context.Context, carts []string) (*order.Order, error)
	UnpaidOf(ctx context.Context, email, client string) (ids []string, err error)
	ByNumber(ctx context.Context, number string) (*order.Order, error)
	Due(ctx context.Context, now time.Time, tried bool, limit int) ([]string, error)
	List(ctx context.Context, f store.Filter, limit int) ([]*order.Order, error)
	FillMailboxes(ctx context.Context, limit int) (int, error)
	Forget(ctx context.Context, before time.Time, limit int) (int64, error)
	ForgetPersons(ctx context.Context) (int, error)
	AddNote(ctx context.Context, orderID string, n store.Note, most int) (store.Noted, error)
	Notes(ctx context.Context, orderID string) ([]store.Note, error)
	Sold(ctx context.Context, currency string, from, to time.Time) ([]store.Sold, error)
	BestSellers(ctx context.Context, currency string, from, to time.Time, limit int) ([]store.Seller, error)
}

// Options are all a Service needs; every field but Hook is required.
type Options struct {
	Store Store
	Neighbours
	Log *slog.Logger
	Now func() time.Time

	// Hold is how long goods are held for an order that is not paid.
	Hold time.Duration
	// Poll is how often payments is asked about a payment it said nothing of.
	Poll time.Duration
	// GiveUp is how long it is tried to do what fails, before an operator is
	// asked.
	GiveUp time.Duration
	// KeepFailed is how long an order that was never paid is kept.
	KeepFailed time.Duration
	// Limits are how many orders may be in placing at a time.
	Limits store.Limits
	// Hook, if set, is told each point an order passes; see Points.
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
	// wake tells the driver that an order is due.
	wake chan struct{}

	mu      sync.Mutex
	closed  bool
	running sync.WaitGroup
	// driven are the orders that this process works on just now; watched those
	// whose change a caller waits for.
	driven  map[string]*drive
	watched map[string][]chan *order.Order
}

// New makes a service that is ready. Close it.
func New(o Options) *Service {
	if o.Hook == nil {
		o.Hook = func(string) {}
	}
	s := &Service{Options: o, wake: make(chan struct{}, 1), driven: map[string]*drive{}, watched: map[string][]chan *order.Order{}}
	s.life, s.close = context.WithCancel(context.Background())
	return s
}

// Close interrupts what is being done to orders, leaves them to the driver of
// the next process, and waits until nothing of this service runs any more.
func (s *Service) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.close()
	s.running.Wait()
	return nil
}
