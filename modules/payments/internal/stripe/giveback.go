package stripe

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/stripe/stripe-go/v83"

	"galleria/modules/payments/internal/payment"
)

// keyLife is how long an idempotency key is relied on. Stripe keeps it at least
// 24 hours.
const keyLife = 20 * time.Hour

// Refund implements payment.Provider. Under a new key, or one that Stripe may have
// forgotten, the refund is looked for first: it could have been made.
func (s *Page) Refund(ctx context.Context, p payment.Payment, r payment.Refund) (payment.RefundReport, error) {
	t, intent := p.Terms(), p.State().Intent
	if r.Attempt > 0 || s.now().Sub(r.Created) > keyLife {
		made, err := s.refunds(ctx, p, intent)
		if err != nil {
			return payment.RefundReport{}, err
		}
		for _, one := range made {
			if one.ID == r.ID {
				return one, nil
			}
		}
	}
	amount, err := units(t.Currency, r.Amount)
	if err != nil {
		return payment.RefundReport{ID: r.ID, Status: payment.RefundFailed, Failure: err.Error()}, nil
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
		return payment.RefundReport{ID: r.ID, Status: payment.RefundFailed, Failure: describe("refused the refund", err)}, nil
	case err != nil:
		return payment.RefundReport{}, away("refund", err)
	}
	return refundReport(r.ID, refund), nil
}

// refunds are those of an intent that the shop asked for; not those made by hand
// in Stripe's dashboard.
func (s *Page) refunds(ctx context.Context, p payment.Payment, intent string) ([]payment.RefundReport, error) {
	params := &stripe.RefundListParams{PaymentIntent: stripe.String(intent)}
	params.Limit = stripe.Int64(100)
	var all []payment.RefundReport
	for refund, err := range s.api.V1Refunds.List(ctx, params) {
		if err != nil {
			return nil, away("list refunds", err)
		}
		if id := refundID(p, refund); id != "" {
			all = append(all, refundReport(id, refund))
		}
	}
	return all, nil
}

// refundID is the shop's name for a refund; empty when the shop did not ask for it.
func refundID(p payment.Payment, made *stripe.Refund) string {
	for _, r := range p.Refunds() {
		if made.Metadata[earlierName] == earlierKey(p.Terms().OrderID, r.ID) {
			return r.ID
		}
	}
	return made.Metadata[refundName]
}

// earlierName is the metadata that names a refund of an order that was paid before
// payments had a page, and earlierKey is its value.
const earlierName = "galleria_key"

func earlierKey(order, refund string) string {
	sum := sha256.Sum256([]byte(order + " refund " + refund))
	return "galleria-" + hex.EncodeToString(sum[:20])
}

func refundReport(id string, r *stripe.Refund) payment.RefundReport {
	out := payment.RefundReport{ID: id, Reference: r.ID, Status: payment.RefundPending}
	switch r.Status {
	case stripe.RefundStatusSucceeded:
		out.Status = payment.RefundSucceeded
	case stripe.RefundStatusFailed, stripe.RefundStatusCanceled:
		out.Status, out.Failure = payment.RefundFailed, "stripe: the refund is "+string(r.Status)
		if r.FailureReason != "" {
			out.Failure += ": " + string(r.FailureReason)
		}
	}
	return out
}
