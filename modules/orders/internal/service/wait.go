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

// await reads an order until it is as wished for, or ctx ends: then it gives
// the order as it is.
func (s *Service) await(ctx context.Context, id string, wished func(*order.Order) bool) (*order.Order, error) {
	changed, leave := s.watch(id)
	defer leave()
	for pause := firstLook; ; pause = min(2*pause, longestLook) {
		o, err := s.Store.ByID(context.WithoutCancel(ctx), id)
		if err != nil || wished(o) || ctx.Err() != nil || s.life.Err() != nil {
			return o, err
		}
		if s.drives(id) {
			pause = longestLook // it says when something changed
		}
		timer := time.NewTimer(pause)
		select {
		case <-changed:
		case <-timer.C:
		case <-ctx.Done():
		case <-s.life.Done():
		}
		timer.Stop()
	}
}

// watch makes a channel that tells when this process changed an order.
func (s *Service) watch(id string) (changed chan struct{}, leave func()) {
	changed = make(chan struct{}, 1)
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

func (s *Service) changed(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.watched[id] {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}
