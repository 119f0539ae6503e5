package service

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"galleria/modules/payments/internal/payment"
)

const (
	// recoverAtOnce steps are asked at the same time: a provider that is away
	// makes each of them wait.
	recoverAtOnce = 8
	recoverBatch  = 64
	// recoverAtMost is the longest wait between two tries.
	recoverAtMost = 5 * time.Minute
)

// Recover asks again for steps left open by a crash or a lost answer, looking
// every so often, until ctx ends. An authorisation left open is not asked
// again: whoever wanted it repeats it or gives it up.
func (s *Service) Recover(ctx context.Context, every time.Duration) error {
	pace := s.Store.Pace(every)
	for {
		if err := s.recoverDue(ctx); err != nil {
			return err
		}
		if !pace.Rest(ctx, nil) {
			return ctx.Err()
		}
	}
}

// recoverDue asks once for everything that is due.
func (s *Service) recoverDue(ctx context.Context) error {
	now := s.Now()
	open, err := s.Store.Due(ctx, now, recoverBatch)
	if err != nil {
		return err
	}
	refunds, err := s.Store.DueRefunds(ctx, now, recoverBatch)
	if err != nil {
		return err
	}
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(recoverAtOnce)
	for _, p := range open {
		work.Go(func() error { return s.recoverStep(ctx, p) })
	}
	for _, r := range refunds {
		work.Go(func() error { return s.recoverRefund(ctx, r) })
	}
	return work.Wait()
}

func (s *Service) recoverStep(ctx context.Context, p payment.Payment) error {
	settle := s.settleCapture
	if p.State().Open == payment.Void {
		settle = s.settleVoid
	}
	_, err := settle(ctx, p)
	if err == nil || errors.Is(err, payment.ErrVoided) {
		return nil
	}
	s.stillOpen(ctx, p.Terms().OrderID, string(p.State().Open), err)
	return s.Store.Postpone(ctx, p, s.Now(), s.RecoverAfter, recoverAtMost)
}

func (s *Service) recoverRefund(ctx context.Context, r payment.Refund) error {
	p, err := s.Store.Load(ctx, r.OrderID)
	if err == nil {
		_, err = s.settleRefund(ctx, p, r)
	}
	if err == nil || errors.Is(err, payment.ErrTooLarge) {
		return nil
	}
	s.stillOpen(ctx, r.OrderID, "refund", err)
	return s.Store.PostponeRefund(ctx, r, s.Now(), s.RecoverAfter, recoverAtMost)
}

func (s *Service) stillOpen(ctx context.Context, orderID, step string, err error) {
	s.Log.WarnContext(ctx, "a step of a payment is still open", "order", orderID, "step", step, "error", err)
}
