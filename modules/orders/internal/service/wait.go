package service

import (
	"context"
	"time"

	"galleria/modules/orders/internal/order"
)

// The pauses between looks at an order that another process may drive.
const (
	firstLook   = 20 * time.Millisecond
	longestLook = 250 * time.Millisecond
)

// await waits until an order is as wished for, or ctx ends: then it gives the
// order as it is.
func (s *Service) await(ctx context.Context, id string, wished func(*order.Order) bool) (*order.Order, error) {
	changed, leave := s.watch(id)
	defer leave()
	return s.awaitChange(ctx, id, nil, changed, wished)
}

// awaitChange is await with the order as it is now, nil: it is read, and the
// channel that tells when it changes.
func (s *Service) awaitChange(ctx context.Context, id string, o *order.Order, changed <-chan *order.Order, wished func(*order.Order) bool) (_ *order.Order, err error) {
	var newest int64 // version that was read or told
	for pause := firstLook; ; pause = min(2*pause, longestLook) {
		// Who stored an order may be slow to tell: another change can have been
		// read by then.
		if o == nil || o.Snapshot().Version < newest {
			if o, err = s.Store.ByID(context.WithoutCancel(ctx), id); err != nil {
				return nil, err
			}
		}
		newest = o.Snapshot().Version
		if wished(o) || ctx.Err() != nil || s.life.Err() != nil {
			return o, nil
		}
		if s.drives(id) {
			pause = longestLook // it says when something changed
		}
		timer := time.NewTimer(pause)
		o = nil
		select {
		case o = <-changed:
		case <-timer.C:
		case <-ctx.Done():
		case <-s.life.Done():
		}
		timer.Stop()
	}
}

// watch makes a channel that gets an order as this process stored it last; nil:
// it is to be read.
func (s *Service) watch(id string) (changed chan *order.Order, leave func()) {
	changed = make(chan *order.Order, 1)
	s.mu.Lock()
	s.watched[id] = append(s.watched[id], changed)
	s.mu.Unlock()
	return changed, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		others := s.watched[id][:0]
		for _, other := range s.watched[id] {
			if other != changed {
				others = append(others, other)
			}
		}
		if s.watched[id] = others; len(others) == 0 {
			delete(s.watched, id)
		}
	}
}

// changed tells those who watch an order how it is stored now; nil: they read it.
func (s *Service) changed(id string, o *order.Order) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.watched[id] {
		if o == nil {
			select {
			case c <- nil:
			default: // what was stored last is not read yet
			}
			continue
		}
		select {
		case <-c: // what it was before
		default:
		}
		c <- order.FromStore(o.Snapshot()) // one for each: they may change it
	}
}
