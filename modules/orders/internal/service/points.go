package service

import (
	"context"
	"slices"

	"galleria/modules/orders/internal/order"
)

// writes are the durable changes of an order, and calls those to other
// modules, by the names the hook is told.
var (
	writes = []string{"place", "waiting", "open", "fail", "cancel", "done", "delay", "ship", "refund", "return", "resolve", "pay", "replace"}
	calls  = []string{
		"allocate", "redeem", "start", "look", "take",
		"release", "unredeem", "stop", "book", "capture", "give back",
	}
)

// Points are where the hook is called: before and after each durable write,
// and before and after each call that changes something in another module.
// A process may die at any of them.
var Points = func() []string {
	var all []string
	for _, name := range slices.Concat(writes, calls) {
		all = append(all, name+":before", name+":after")
	}
	return all
}()

// ask makes a call between its two points.
func (s *Service) ask(name string, call func() error) error {
	s.Hook(name + ":before")
	err := call()
	s.Hook(name + ":after")
	return err
}

// save stores a change between its two points, with the events that it makes,
// and tells those who wait for it. A step that was taken is stored even if the
// caller has left.
func (s *Service) save(ctx context.Context, name string, o *order.Order) error {
	s.Hook(name + ":before")
	if err := s.Store.Save(context.WithoutCancel(ctx), o, factsOf(o, s.Now())...); err != nil {
		return err
	}
	s.Hook(name + ":after")
	s.changed(o.ID(), o)
	return nil
}
