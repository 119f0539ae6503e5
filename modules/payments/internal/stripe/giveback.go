package stripe

import (
	"context"

	"github.com/stripe/stripe-go/v83"

	"galleria/modules/payments/internal/hosted"
)

// Refund implements hosted.Provider. Under a new key, or one that Stripe may have
// forgotten, the refund is looked for first: it could have been made.
func (s *Page) Refund(ctx context.Context, p hosted.Payment, r hosted.Refund) (hosted.RefundReport, error) {
	t, intent := p.Terms(), p.State().Intent
	if r.Attempt > 0 || s.now().Sub(r.Created) > keyLife {
		made, err := s.refunds(ctx, intent)
		if err != nil {
			return hosted.RefundReport{}, err
		}
		for _, one := range made {
			if one.ID == r.ID {
				return one, nil
			}
		}
	}
	amount, err := units(t.Currency, r.Amount)
	if err != nil {
		return hosted.RefundReport{ID: r.ID, Status: hosted.RefundFailed, Failure: err.Error()}, nil
	}
	params := &stripe.RefundCreateParams{
		PaymentIntent: stripe.String(intent),
		Amount:        stripe.Int64(amount),
		Metadata:      map[string]string{refundName: r.ID, paymentName: t.ID, "order_id": t.OrderID},
	}
	params.SetIdempotencyKey(key("refund", t.ID, r.ID, r.Attempt))
	refund, err := s.api.V1Refunds.Create(ctx, params)
	switch {
	case err != nil && nothingDone(err):
		return hosted.RefundReport{ID: r.ID, Status: hosted.RefundFailed, Failure: describe("refused the refund", err)}, nil
	case err != nil:
		return hosted.RefundReport{}, away("refund", err)
	}
	return refundReport(r.ID, refund), nil
}

// refunds are those of an intent that the shop asked for; not those made by hand
// in Stripe's dashboard.
func (s *Page) refunds(ctx context.Context, intent string) ([]hosted.RefundReport, error) {
	params := &stripe.RefundListParams{PaymentIntent: stripe.String(intent)}
	params.Limit = stripe.Int64(100)
	var all []hosted.RefundReport
	for refund, err := range s.api.V1Refunds.List(ctx, params) {
		if err != nil {
			return nil, away("list refunds", err)
		}
		if id := refund.Metadata[refundName]; id != "" {
			all = append(all, refundReport(id, refund))
		}
	}
	return all, nil
}

func refundReport(id string, r *stripe.Refund) hosted.RefundReport {
	out := hosted.RefundReport{ID: id, Reference: r.ID, Status: hosted.RefundPending}
	switch r.Status {
	case stripe.RefundStatusSucceeded:
		out.Status = hosted.RefundSucceeded
	case stripe.RefundStatusFailed, stripe.RefundStatusCanceled:
		out.Status, out.Failure = hosted.RefundFailed, "stripe: the refund is "+string(r.Status)
		if r.FailureReason != "" {
			out.Failure += ": " + string(r.FailureReason)
		}
	}
	return out
}
