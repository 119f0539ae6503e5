package service

import (
	"context"
	"errors"

	"galleria/modules/payments/internal/payment"
)

// refund gives back part or all of the capture, once per key.
func (s *Service) refund(ctx context.Context, r payment.Refund) (payment.Payment, error) {
	p, err := s.Store.Load(ctx, r.OrderID)
	if errors.Is(err, payment.ErrNoPayment) {
		return p, payment.ErrNotCaptured
	}
	if err != nil {
		return p, err
	}
	// Only the provider knows what became of a capture without an answer.
	if p, err = s.settleCapture(ctx, p); err != nil && !errors.Is(err, payment.ErrVoided) {
		return p, err
	}
	known, found, err := s.Store.Refund(ctx, r.OrderID, r.Key)
	if err != nil {
		return p, err
	}
	if !found {
		now := s.Now()
		r.Status, r.Created = payment.RefundOpen, now
		opened, first, err := s.Store.OpenRefund(ctx, p, r, now, now.Add(s.RecoverAfter))
		if err != nil {
			return p, err
		}
		if first {
			s.at("refund intended")
			return s.settleRefund(ctx, opened, r)
		}
		if known, _, err = s.Store.Refund(ctx, r.OrderID, r.Key); err != nil {
			return p, err
		}
	}
	return s.repeatRefund(ctx, p, known, r.Amount)
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
	recording, recorded := s.recording(ctx)
	defer recorded()
	p, err = s.Store.CloseRefund(recording, p, r, s.Now())
	s.at("refund recorded")
	if err == nil && refused {
		err = payment.ErrTooLarge
	}
	return p, err
}
