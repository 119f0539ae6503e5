package stripe

import (
	"context"

	"github.com/stripe/stripe-go/v83"

	"galleria/modules/payments/internal/payment"
)

// Look implements payment.Provider.
func (s *Page) Look(ctx context.Context, p payment.Payment) (payment.Report, error) {
	r, err := s.money(ctx, p)
	if err == nil && r.Intent != "" && len(p.Refunds()) > 0 {
		r.Refunds, err = s.refunds(ctx, p, r.Intent)
	}
	return r, err
}

// money is what Stripe says of the payment, without its refunds.
func (s *Page) money(ctx context.Context, p payment.Payment) (payment.Report, error) {
	const charge = "latest_charge"
	switch state := p.State(); {
	case state.Session != "":
		params := &stripe.CheckoutSessionRetrieveParams{}
		params.AddExpand("payment_intent." + charge)
		session, err := s.api.V1CheckoutSessions.Retrieve(ctx, state.Session, params)
		if err != nil {
			return payment.Report{}, away("look at a checkout session", err)
		}
		return report(session), nil
	case state.Intent != "": // paid before payments had a page
		params := &stripe.PaymentIntentRetrieveParams{}
		params.AddExpand(charge)
		intent, err := s.api.V1PaymentIntents.Retrieve(ctx, state.Intent, params)
		if err != nil {
			return payment.Report{}, away("look at a payment intent", err)
		}
		return withIntent(payment.Report{State: payment.SaysOpen}, intent), nil
	}
	return payment.Report{}, nil // no shopper was led to a page yet
}

// Close implements payment.Provider. Expiring a session and cancelling an intent
// do the same however often they are asked for, so each call has a key of its own,
// made by the library: Stripe would repeat a refusal that is no longer true.
func (s *Page) Close(ctx context.Context, p payment.Payment) (payment.Report, error) {
	if p.State().Session == "" && p.State().Intent == "" {
		return payment.Report{State: payment.SaysEnded}, nil
	}
	if status := p.State().Status; p.State().Session != "" && status != payment.Authorized && status != payment.Paid {
		params := &stripe.CheckoutSessionExpireParams{}
		params.AddExpand("payment_intent.latest_charge")
		session, err := s.api.V1CheckoutSessions.Expire(ctx, p.State().Session, params)
		if err == nil {
			return report(session), nil
		}
		if !nothingDone(err) {
			return payment.Report{}, away("expire a checkout session", err)
		}
	}
	// It is not open any more: ended, paid, or held.
	r, err := s.Look(ctx, p)
	if err != nil || r.State != payment.SaysAuthorized {
		return r, err
	}
	if _, err := s.api.V1PaymentIntents.Cancel(ctx, r.Intent, &stripe.PaymentIntentCancelParams{}); err != nil && !nothingDone(err) {
		return payment.Report{}, away("cancel a payment intent", err)
	}
	return s.Look(ctx, p)
}

// Capture implements payment.Provider. A capture repeated is refused by the state
// of the intent, so the key is the library's.
func (s *Page) Capture(ctx context.Context, p payment.Payment) (payment.Report, error) {
	_, err := s.api.V1PaymentIntents.Capture(ctx, p.State().Intent, &stripe.PaymentIntentCaptureParams{})
	if err != nil && !nothingDone(err) {
		return payment.Report{}, away("capture a payment intent", err)
	}
	r, unseen := s.Look(ctx, p)
	switch {
	case unseen != nil:
		return r, unseen
	case r.State == payment.SaysAuthorized && codeOf(err) == stripe.ErrorCodeChargeExpiredForCapture:
		r.State = payment.SaysEnded
	case r.State == payment.SaysAuthorized && err != nil:
		return r, away("capture a payment intent", err)
	}
	return r, nil
}

// report reads a session with its payment intent and that one's last charge.
func report(session *stripe.CheckoutSession) payment.Report {
	r := payment.Report{State: payment.SaysOpen}
	if session.Status == stripe.CheckoutSessionStatusExpired {
		r.State = payment.SaysEnded
	}
	if session.PaymentIntent == nil {
		return r
	}
	return withIntent(r, session.PaymentIntent)
}

// withIntent adds to a report what an intent and its last charge say.
func withIntent(r payment.Report, intent *stripe.PaymentIntent) payment.Report {
	r.Intent = intent.ID
	switch intent.Status {
	case stripe.PaymentIntentStatusSucceeded:
		r.State = payment.SaysPaid
	case stripe.PaymentIntentStatusRequiresCapture:
		r.State = payment.SaysAuthorized
	case stripe.PaymentIntentStatusCanceled:
		if r.State != payment.SaysEnded {
			r.State = payment.SaysCancelled
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
