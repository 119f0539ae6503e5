package stripe

import (
	"context"

	"github.com/stripe/stripe-go/v83"

	"galleria/modules/payments/internal/hosted"
)

// Look implements hosted.Provider.
func (s *Page) Look(ctx context.Context, p hosted.Payment) (hosted.Report, error) {
	if p.State().Session == "" {
		return hosted.Report{}, nil // nobody was led to a page yet
	}
	params := &stripe.CheckoutSessionRetrieveParams{}
	params.AddExpand("payment_intent.latest_charge")
	session, err := s.api.V1CheckoutSessions.Retrieve(ctx, p.State().Session, params)
	if err != nil {
		return hosted.Report{}, away("look at a checkout session", err)
	}
	r := report(session)
	if r.Intent != "" && len(p.Refunds()) > 0 {
		r.Refunds, err = s.refunds(ctx, r.Intent)
	}
	return r, err
}

// Close implements hosted.Provider. Expiring a session and cancelling an intent
// do the same however often they are asked for, so each call has a key of its own,
// made by the library: Stripe would repeat a refusal that is no longer true.
func (s *Page) Close(ctx context.Context, p hosted.Payment) (hosted.Report, error) {
	if p.State().Session == "" {
		return hosted.Report{State: hosted.SaysEnded}, nil
	}
	if p.State().Status == hosted.Waiting {
		params := &stripe.CheckoutSessionExpireParams{}
		params.AddExpand("payment_intent.latest_charge")
		session, err := s.api.V1CheckoutSessions.Expire(ctx, p.State().Session, params)
		if err == nil {
			return report(session), nil
		}
		if !nothingDone(err) {
			return hosted.Report{}, away("expire a checkout session", err)
		}
	}
	// It is not open any more: ended, paid, or held.
	r, err := s.Look(ctx, p)
	if err != nil || r.State != hosted.SaysAuthorized {
		return r, err
	}
	if _, err := s.api.V1PaymentIntents.Cancel(ctx, r.Intent, &stripe.PaymentIntentCancelParams{}); err != nil && !nothingDone(err) {
		return hosted.Report{}, away("cancel a payment intent", err)
	}
	return s.Look(ctx, p)
}

// Capture implements hosted.Provider. A capture repeated is refused by the state
// of the intent, so the key is the library's.
func (s *Page) Capture(ctx context.Context, p hosted.Payment) (hosted.Report, error) {
	_, err := s.api.V1PaymentIntents.Capture(ctx, p.State().Intent, &stripe.PaymentIntentCaptureParams{})
	if err != nil && !nothingDone(err) {
		return hosted.Report{}, away("capture a payment intent", err)
	}
	r, unseen := s.Look(ctx, p)
	switch {
	case unseen != nil:
		return r, unseen
	case r.State == hosted.SaysAuthorized && codeOf(err) == stripe.ErrorCodeChargeExpiredForCapture:
		r.State = hosted.SaysEnded
	case r.State == hosted.SaysAuthorized && err != nil:
		return r, away("capture a payment intent", err)
	}
	return r, nil
}

// report reads a session with its payment intent and that one's last charge.
func report(session *stripe.CheckoutSession) hosted.Report {
	r := hosted.Report{State: hosted.SaysOpen}
	if session.Status == stripe.CheckoutSessionStatusExpired {
		r.State = hosted.SaysEnded
	}
	intent := session.PaymentIntent
	if intent == nil {
		return r
	}
	r.Intent = intent.ID
	switch intent.Status {
	case stripe.PaymentIntentStatusSucceeded:
		r.State = hosted.SaysPaid
	case stripe.PaymentIntentStatusRequiresCapture:
		r.State = hosted.SaysAuthorized
	case stripe.PaymentIntentStatusCanceled:
		if r.State != hosted.SaysEnded {
			r.State = hosted.SaysCancelled
		}
	case stripe.PaymentIntentStatusRequiresPaymentMethod:
		if intent.LastPaymentError != nil {
			r.DeclineCode = declineCode(intent.LastPaymentError)
		}
	}
	if charge := intent.LatestCharge; charge != nil {
		r.Disputed = charge.Disputed
		if d := charge.PaymentMethodDetails; charge.Paid && d != nil && d.Card != nil {
			r.Brand, r.Last4 = string(d.Card.Brand), d.Card.Last4
		}
	}
	return r
}
