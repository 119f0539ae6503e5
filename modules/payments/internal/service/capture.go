package service

import (
	"context"
	"errors"

	"galleria/modules/payments/internal/payment"
)

// capture takes the held amount.
func (s *Service) capture(ctx context.Context, orderID string) (payment.Payment, error) {
	p, err := s.Store.Load(ctx, orderID)
	if errors.Is(err, payment.ErrNoPayment) {
		return p, payment.ErrNotAuthorized
	}
	if err != nil {
		return p, err
	}
	if err := p.Usable(); err != nil {
		return p, err
	}
	if p, err = s.settleAuthorization(ctx, p); err != nil {
		return p, err
	}
	if p, err = s.intend(ctx, p, (*payment.Payment).AskCapture); err != nil {
		return p, err
	}
	s.at("capture intended")
	return s.settleCapture(ctx, p)
}

// settleCapture asks for an open capture, the first time or again, and writes
// the answer down. A payment without one it leaves alone.
func (s *Service) settleCapture(ctx context.Context, p payment.Payment) (payment.Payment, error) {
	if p.State().Open != payment.Capture {
		return p, nil
	}
	provider, err := s.provider(p)
	if err != nil {
		return p, err
	}
	asking, done := context.WithTimeout(ctx, s.Patience)
	defer done()
	err = provider.Capture(asking, stepKey(p, "capture"), p.State().Reference, p.Terms())
	s.at("capture answered")
	if errors.Is(err, payment.ErrNothingHeld) {
		s.Log.ErrorContext(ctx, "the provider let go what it held; the payment is voided", "order", p.Terms().OrderID)
		if p, err = s.answer(ctx, p, (*payment.Payment).Lapse); err != nil {
			return p, err
		}
		return p, p.Usable()
	}
	if err != nil {
		return p, err
	}
	p, err = s.answer(ctx, p, (*payment.Payment).CaptureDone)
	s.at("capture recorded")
	return p, err
}
