package service

import (
	"context"
	"errors"

	"galleria/modules/payments/internal/payment"
)

// void lets the held amount go, or leaves the memory that nothing may be held.
func (s *Service) void(ctx context.Context, orderID string) (payment.Payment, error) {
	p, err := s.Store.Load(ctx, orderID)
	if errors.Is(err, payment.ErrNoPayment) {
		p = payment.NewVoided(orderID, s.Now())
		first, failed := s.Store.Insert(ctx, p)
		if failed != nil || first {
			return p, failed
		}
		p, err = s.Store.Load(ctx, orderID)
	}
	if err != nil {
		return p, err
	}
	for {
		p, err = s.intend(ctx, p, (*payment.Payment).AskVoid)
		if !errors.Is(err, payment.ErrUnanswered) {
			break
		}
		// Only the provider knows whether there is still something to let go.
		if p, err = s.settleCapture(ctx, p); err != nil && !errors.Is(err, payment.ErrVoided) {
			return p, err
		}
	}
	if err != nil {
		return p, err
	}
	s.at("void intended")
	return s.settleVoid(ctx, p)
}

// settleVoid asks for an open void, the first time or again, and writes the
// answer down. A payment without one it leaves alone.
func (s *Service) settleVoid(ctx context.Context, p payment.Payment) (payment.Payment, error) {
	if p.State().Open != payment.Void {
		return p, nil
	}
	provider, err := s.provider(p)
	if err != nil {
		return p, err
	}
	asking, done := context.WithTimeout(ctx, s.Patience)
	defer done()
	err = provider.Void(asking, authorizationKey(p), p.Terms(), p.Created())
	s.at("void answered")
	if err != nil {
		return p, err
	}
	p, err = s.answer(ctx, p, (*payment.Payment).VoidDone)
	s.at("void recorded")
	return p, err
}
