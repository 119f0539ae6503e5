package service

import (
	"context"
	"errors"

	"galleria/modules/payments/internal/payment"
)

// authorize holds the amount, or says what became of it before.
func (s *Service) authorize(ctx context.Context, t payment.Terms) (payment.Payment, error) {
	t.Provider = s.Provider
	p, err := payment.New(t, s.Now())
	if err != nil {
		return p, err
	}
	first, err := s.Store.Insert(ctx, p)
	if err != nil {
		return p, err
	}
	if !first {
		if p, err = s.Store.Load(ctx, t.OrderID); err != nil {
			return p, err
		}
	}
	if err := p.Usable(); err != nil {
		return p, err
	}
	if !p.SameTerms(t) {
		return p, payment.ErrKeyReused
	}
	s.at("authorize intended")
	return s.settleAuthorization(ctx, p)
}

// settleAuthorization asks for a pending authorisation, the first time or
// again, and writes the answer down. Any other payment it leaves alone.
func (s *Service) settleAuthorization(ctx context.Context, p payment.Payment) (payment.Payment, error) {
	if p.State().Status != payment.Pending {
		return p, nil
	}
	provider, err := s.provider(p)
	if err != nil {
		return p, err
	}
	asking, done := context.WithTimeout(ctx, s.Patience)
	defer done()
	hold, err := provider.Authorize(asking, authorizationKey(p), p.Terms(), p.Created())
	s.at("authorize answered")
	switch {
	case errors.Is(err, payment.ErrNoMethod):
		return p, s.forget(ctx, p, err)
	case errors.Is(err, payment.ErrNothingHeld):
		return s.voidedMeanwhile(ctx, p)
	case err != nil:
		return p, err
	}
	p, err = s.answer(ctx, p, func(p *payment.Payment) error { return p.Answer(hold) })
	s.at("authorize recorded")
	if err != nil {
		return p, err
	}
	return p, p.Usable()
}

// forget takes back an intent the provider says it can't have done anything
// for, so that the order may be paid by another card.
func (s *Service) forget(ctx context.Context, p payment.Payment, why error) error {
	recording, done := s.recording(ctx)
	defer done()
	if err := s.Store.Forget(recording, p); err != nil {
		return err
	}
	return why
}

// voidedMeanwhile ends an authorisation whose key the provider was told to
// void: that was asked for in the payment first.
func (s *Service) voidedMeanwhile(ctx context.Context, p payment.Payment) (payment.Payment, error) {
	now, err := s.Store.Load(ctx, p.Terms().OrderID)
	if err != nil {
		return p, err
	}
	if err := now.Usable(); err != nil {
		return now, err
	}
	return now, payment.ErrNothingHeld
}
