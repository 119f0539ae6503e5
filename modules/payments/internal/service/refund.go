package service

import (
	"context"
	"errors"
	"fmt"

	"galleria/modules/payments/internal/payment"
	"galleria/modules/payments/internal/store"
)

// refund gives back part or all of the capture, once per key.
func (s *Service) refund(ctx context.Context, r payment.Refund) (payment.Payment, error) {
	for {
		p, err := s.Store.Load(ctx, r.OrderID)
		if errors.Is(err, payment.ErrNoPayment) {
			return p, payment.ErrNotCaptured
		}
		if err != nil {
			return p, err
		}
		known, found, err := s.Store.Refund(ctx, r.OrderID, r.Key)
		switch {
		case err != nil:
			return p, err
		case found:
			return s.repeatRefund(ctx, p, known, r.Amount)
		}
		opened := p
		switch err := opened.AskRefund(r.Amount); {
		case errors.Is(err, payment.ErrUnanswered):
			if _, err := s.settleCapture(ctx, p); err != nil && !errors.Is(err, payment.ErrVoided) {
				return p, err
			}
			continue
		case err != nil:
			return p, err
		}
		now := s.Now()
		r.Status, r.Created = payment.RefundOpen, now
		opened, err = s.Store.OpenRefund(ctx, opened, r, now, now.Add(s.RecoverAfter))
		if errors.Is(err, store.ErrStale) && ctx.Err() == nil {
			continue
		}
		if err != nil {
			return p, err
		}
		s.at("refund intended")
		return s.settleRefund(ctx, opened, r)
	}
}

// repeatRefund answers a key that was used before.
func (s *Service) repeatRefund(ctx context.Context, p payment.Payment, known payment.Refund, amount int64) (payment.Payment, error) {
	switch {
	case known.Amount != amount:
		return p, payment.ErrKeyReused
	case known.Status == payment.RefundRefused:
		return p, payment.ErrTooLarge
	case known.Status == payment.RefundDone:
		// The payment was read before the refund: read it as it is now.
		return s.Store.Load(ctx, known.OrderID)
	}
	return s.settleRefund(ctx, p, known)
}

// settleRefund asks for an open refund, the first time or again, and writes
// the answer down.
func (s *Service) settleRefund(ctx context.Context, p payment.Payment, r payment.Refund) (payment.Payment, error) {
	provider, err := s.provider(p)
	if err != nil {
		return p, err
	}
	asking, done := context.WithTimeout(ctx, s.Patience)
	defer done()
	err = provider.Refund(asking, stepKey(p, "refund "+r.Key), p.State().Reference, r, p.Terms())
	s.at("refund answered")
	refused := errors.Is(err, payment.ErrRefused)
	switch {
	case refused:
		s.Log.ErrorContext(ctx, "the provider refuses a refund", "order", r.OrderID, "key", r.Key, "error", err)
		r.Status = payment.RefundRefused
	case err != nil:
		return p, err
	default:
		r.Status = payment.RefundDone
	}
	p, err = s.closeRefund(ctx, p, r)
	s.at("refund recorded")
	if err == nil && refused {
		err = payment.ErrTooLarge
	}
	return p, err
}

// closeRefund writes the answer down, unless somebody else did.
func (s *Service) closeRefund(ctx context.Context, p payment.Payment, r payment.Refund) (payment.Payment, error) {
	recording, done := s.recording(ctx)
	defer done()
	close := (*payment.Payment).RefundDone
	if r.Status == payment.RefundRefused {
		close = (*payment.Payment).RefundRefused
	}
	for {
		closed := p
		err := close(&closed, r.Amount)
		if err == nil {
			closed, err = s.Store.CloseRefund(recording, closed, r, s.Now())
		}
		if err == nil {
			return closed, nil
		}
		if !errors.Is(err, store.ErrStale) && !errors.Is(err, payment.ErrNotAsked) {
			return p, err
		}
		known, _, err := s.Store.Refund(recording, r.OrderID, r.Key)
		if err != nil {
			return p, err
		}
		again, err := s.Store.Load(recording, r.OrderID)
		if err != nil || known.Status != payment.RefundOpen {
			return again, err
		}
		if again == p {
			return p, fmt.Errorf("refund %s is open: %w", r.Key, payment.ErrNotAsked)
		}
		p = again
	}
}
