package service

import (
	"context"
	"sync"
	"time"

	"galleria/modules/orders/internal/order"
	"galleria/platform/id"
)

// patience is how long an answer that is decided waits for the rest of its
// drive: in a healthy shop the guest then sees the order paid and the cart
// empty, and callers come no faster than the work gets done.
const patience = 500 * time.Millisecond

// drive is one stretch of work on one order, by the one who claimed it.
type drive struct {
	// name is what the claim says; unique.
	name string
	// recovering drives have nobody waiting.
	recovering bool
	// until ends the attempts to confirm the order; zero: never.
	until time.Time

	once    sync.Once
	decided chan struct{} // closed when the order settled
	ended   chan struct{} // closed at the end; then last and err may be read
	// last is the order as stored at the end; nil when the drive was lost or
	// cut off, for which err says why.
	last *order.Order
	err  error
}

func newDrive() *drive {
	return &drive{name: id.New(), decided: make(chan struct{}), ended: make(chan struct{})}
}

func (d *drive) decide() { d.once.Do(func() { close(d.decided) }) }

// wait waits for the end or, once the order is settled, not much longer.
func (d *drive) wait(ctx context.Context) error {
	select {
	case <-d.ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-d.decided:
	}
	enough := time.NewTimer(patience)
	defer enough.Stop()
	select {
	case <-d.ended:
	case <-enough.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// start drives a claimed order in the background, until ctx or the service
// ends. The drive belongs to the service; Close waits for it.
func (s *Service) start(ctx context.Context, d *drive, o *order.Order) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		d.err = errClosed
		close(d.ended)
		return
	}
	orderID := o.ID()
	s.drives[orderID] = d
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(s.life, cancel)
	s.running.Go(func() { s.keepClaim(ctx, d, orderID) })
	s.running.Go(func() {
		d.err = errDied // unless run returns
		defer s.finish(d, orderID)
		defer cancel()
		defer stop()
		defer s.survive(ctx, d, orderID)
		d.last, d.err = s.run(ctx, d, o)
	})
}

func (s *Service) finish(d *drive, orderID string) {
	s.mu.Lock()
	if s.drives[orderID] == d {
		delete(s.drives, orderID)
	}
	s.mu.Unlock()
	close(d.ended)
}

// driving is this process's drive of an order; nil when there is none.
func (s *Service) driving(orderID string) *drive {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.drives[orderID]
}
