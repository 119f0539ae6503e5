package service

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"galleria/modules/payments/internal/payment"
)

// attend does the one thing that is next for a payment at its provider, and
// writes down what the provider says of it. A call, a webhook and a poll all end here,
// so it does not matter in which order they come.
func (s *Service) attend(ctx context.Context, p payment.Payment) (payment.Payment, error) {
	provider, err := s.provider(p)
	var report payment.Report
	var looked bool
	if err == nil {
		asking, done := context.WithTimeout(ctx, s.Patience)
		defer done()
		report, looked, err = s.ask(asking, provider, p)
		s.at("provider asked")
	}
	recording, recorded := s.recording(ctx)
	defer recorded()
	if err != nil { // it is put off, so that it holds up no other
		return p, errors.Join(err, s.Store.Postpone(recording, p, s.Now(), errors.Is(err, payment.ErrSpent)))
	}
	hadPage := p.State().RedirectURL != ""
	after, err := s.Store.Change(recording, p, s.Now(), func(p *payment.Payment) error {
		before := *p
		if report.State == payment.SaysEnded && !hadPage && before.State().RedirectURL != "" {
			return nil // its page was opened meanwhile: it stays due, for that to be closed
		}
		p.Learn(report)
		if p.Same(before) {
			p.Tried(false)
		} else {
			p.Moved()
		}
		if !looked {
			p.LookAgain()
		}
		return nil
	})
	if err == nil && after.State().Disputed && !p.State().Disputed {
		s.Log.WarnContext(ctx, "a payment is disputed: answer in the provider's dashboard", "payment", p.Terms().ID, "order", p.Terms().OrderID, "provider", p.Terms().Provider)
	}
	return after, err
}

// recordingPatience bounds the write of an answer, which no caller's deadline
// may cut off.
const recordingPatience = 5 * time.Second

// recording is the context for writing an answer down. The caller may be gone;
// the money has moved all the same.
func (s *Service) recording(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), recordingPatience)
}

// ask does it. looked says whether the provider has told all that it knows of the payment, or
// of a refund only.
func (s *Service) ask(ctx context.Context, provider payment.Provider, p payment.Payment) (report payment.Report, looked bool, err error) {
	state := p.State()
	late := state.Status == payment.Waiting && !s.Now().Before(p.Terms().Expires)
	switch {
	case late && state.RedirectURL == "":
		return payment.Report{State: payment.SaysEnded}, true, nil // no shopper was led to a page
	case late || state.Cancelling:
		report, err = provider.Close(ctx, p)
		return report, true, err
	case state.Capturing:
		report, err = provider.Capture(ctx, p)
		return report, true, err
	}
	var asked []payment.RefundReport
	for _, r := range p.Refunds() {
		if r.Status != payment.RefundPending || r.Reference != "" {
			continue
		}
		told, err := provider.Refund(ctx, p, r)
		if errors.Is(err, payment.ErrSpent) {
			// Recorded with the refund: its next key is another one.
			return payment.Report{Refunds: []payment.RefundReport{{ID: r.ID, Spent: true}}}, false, nil
		}
		if err != nil {
			return payment.Report{}, false, err
		}
		asked = append(asked, told)
	}
	if len(asked) > 0 {
		return payment.Report{Refunds: asked}, false, nil
	}
	report, err = provider.Look(ctx, p)
	return report, true, err
}

// Settle attends to payments that are due, looking every so often, until ctx ends.
// A provider that is away costs attendAtOnce calls at a time, and each payment is
// asked for once a minute at most.
func (s *Service) Settle(ctx context.Context, every time.Duration) error {
	pace := s.Store.Pace(every)
	defer pace.End()
	for {
		if err := s.settleDue(ctx); err != nil {
			return err
		}
		if !pace.Rest(ctx, nil) {
			return ctx.Err()
		}
	}
}

const (
	attendAtOnce = 4
	attendBatch  = 64
)

// settleDue attends to what is due now. A payment that can't be attended to, whatever
// the reason, is put off, so that it holds up none of the others.
func (s *Service) settleDue(ctx context.Context) error {
	due, err := s.Store.Due(ctx, s.Now(), attendBatch)
	if err != nil {
		return err
	}
	var work errgroup.Group
	work.SetLimit(attendAtOnce)
	for _, p := range due {
		work.Go(func() error {
			_, err := s.attend(ctx, p)
			switch log := s.Log.With("payment", p.Terms().ID, "order", p.Terms().OrderID); {
			case err == nil, ctx.Err() != nil, errors.Is(err, payment.ErrNoPayment):
			case errors.Is(err, payment.ErrUnavailable):
				log.WarnContext(ctx, "a payment is not settled yet", "error", err)
			default:
				later := s.Store.Postpone(ctx, p, s.Now(), false)
				log.ErrorContext(ctx, "a payment can't be settled; it is tried again later", "error", errors.Join(err, later))
			}
			return nil
		})
	}
	return work.Wait()
}
