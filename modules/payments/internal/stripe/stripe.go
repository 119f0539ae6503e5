package stripe

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/stripe/stripe-go/v83"

	"galleria/modules/payments/internal/card"
	"galleria/modules/payments/internal/payment"
)

// keyLife is how long an idempotency key is relied on. Stripe keeps it at least
// 24 hours.
const keyLife = 20 * time.Hour

// keyName is the metadata under which objects carry their idempotency key.
const keyName = "galleria_key"

// Stripe is the provider. It is safe for concurrent use.
type Stripe struct {
	api *stripe.Client
	now func() time.Time
}

// New makes the provider. base is the API's address; "" is Stripe's own.
func New(secretKey, base string, now func() time.Time) *Stripe {
	return &Stripe{api: client(secretKey, base), now: now}
}

func client(secretKey, base string) *stripe.Client {
	if base == "" {
		base = stripe.APIURL
	}
	backend := &stripe.BackendConfig{
		EnableTelemetry: stripe.Bool(false),
		HTTPClient: &http.Client{
			Transport:     discreet{http.DefaultTransport},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		// The library logs whole errors; what matters of them is returned.
		LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull},
		URL:           stripe.String(base),
	}
	return stripe.NewClient(secretKey, stripe.WithBackends(stripe.NewBackendsWithConfig(backend)))
}

// discreet takes away the headers that describe this machine.
type discreet struct{ http.RoundTripper }

func (d discreet) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Del("X-Stripe-Client-User-Agent")
	r.Header.Del("X-Stripe-Client-Telemetry")
	return d.RoundTripper.RoundTrip(r)
}

// CreatePaymentMethod keeps a card at Stripe.
func (s *Stripe) CreatePaymentMethod(ctx context.Context, c card.Card) (payment.Method, error) {
	month, year := c.Expiry()
	m, err := s.api.V1PaymentMethods.Create(ctx, &stripe.PaymentMethodCreateParams{
		Type: stripe.String(string(stripe.PaymentMethodTypeCard)),
		Card: &stripe.PaymentMethodCreateCardParams{
			Number: stripe.String(c.Number()), CVC: stripe.String(c.CVC()),
			ExpMonth: stripe.Int64(int64(month)), ExpYear: stripe.Int64(int64(year)),
		},
	})
	if err != nil {
		return payment.Method{}, refusedCard(err)
	}
	method := payment.Method{ID: m.ID, Brand: c.Brand(), Last4: c.Last4()}
	if m.Card != nil {
		method.Brand, method.Last4 = string(m.Card.Brand), m.Card.Last4
	}
	return method, nil
}

// Authorize holds an amount.
func (s *Stripe) Authorize(ctx context.Context, key string, t payment.Terms, asked time.Time) (payment.Hold, error) {
	intent, err := s.intent(ctx, key, t, asked)
	if err != nil {
		return declined(err)
	}
	return held(intent)
}

// intent makes the PaymentIntent of a key, or finds it when it was made before.
func (s *Stripe) intent(ctx context.Context, key string, t payment.Terms, asked time.Time) (*stripe.PaymentIntent, error) {
	if s.now().Sub(asked) > keyLife {
		if found, err := s.find(ctx, key); err != nil || found != nil {
			return found, err
		}
	}
	amount, err := units(t.Currency, t.Amount)
	if err != nil {
		return nil, err
	}
	params := &stripe.PaymentIntentCreateParams{
		Amount:                stripe.Int64(amount),
		Currency:              stripe.String(currency(t.Currency)),
		CaptureMethod:         stripe.String(string(stripe.PaymentIntentCaptureMethodManual)),
		Confirm:               stripe.Bool(true),
		ErrorOnRequiresAction: stripe.Bool(true),
		PaymentMethod:         stripe.String(t.Method),
		PaymentMethodTypes:    []*string{stripe.String(string(stripe.PaymentMethodTypeCard))},
		Metadata:              map[string]string{keyName: key, "order_id": t.OrderID},
		Expand:                []*string{stripe.String("payment_method")},
	}
	params.SetIdempotencyKey(key)
	return s.api.V1PaymentIntents.Create(ctx, params)
}

// find looks up the PaymentIntent of a key by its metadata; nil: there is none.
func (s *Stripe) find(ctx context.Context, key string) (*stripe.PaymentIntent, error) {
	params := &stripe.PaymentIntentSearchParams{SearchParams: stripe.SearchParams{
		Query: fmt.Sprintf("metadata[%q]:%q", keyName, key), Limit: stripe.Int64(1),
	}}
	params.Expand = []*string{stripe.String("data.payment_method")}
	for intent, err := range s.api.V1PaymentIntents.Search(ctx, params) {
		return intent, err
	}
	return nil, nil
}

// Void cancels what is held under the key of an Authorize.
func (s *Stripe) Void(ctx context.Context, key string, t payment.Terms, asked time.Time) error {
	if s.now().Sub(asked) > keyLife {
		intent, err := s.find(ctx, key)
		if err != nil {
			return unavailable("find the payment to void", err)
		}
		if intent == nil {
			return nil
		}
		return s.cancel(ctx, key, intent.ID)
	}
	intent, err := s.intent(ctx, key, t, asked)
	if err != nil {
		if nothingDone(err) {
			return nil // declined or refused: nothing is held
		}
		return unavailable("find the payment to void", err)
	}
	return s.cancel(ctx, key, intent.ID)
}

func (s *Stripe) cancel(ctx context.Context, key, intent string) error {
	params := &stripe.PaymentIntentCancelParams{}
	params.SetIdempotencyKey(key + "-void")
	_, err := s.api.V1PaymentIntents.Cancel(ctx, intent, params)
	switch stateOf(err) {
	case stripe.PaymentIntentStatusCanceled:
		return nil
	case stripe.PaymentIntentStatusSucceeded:
		return payment.ErrCaptured
	}
	return unavailable("void", err)
}

// Capture takes what is held.
func (s *Stripe) Capture(ctx context.Context, key, reference string, _ payment.Terms) error {
	params := &stripe.PaymentIntentCaptureParams{}
	params.SetIdempotencyKey(key)
	_, err := s.api.V1PaymentIntents.Capture(ctx, reference, params)
	switch state := stateOf(err); {
	case state == stripe.PaymentIntentStatusSucceeded:
		return nil
	case state == stripe.PaymentIntentStatusCanceled || codeOf(err) == stripe.ErrorCodeChargeExpiredForCapture:
		return payment.ErrNothingHeld
	}
	return unavailable("capture", err)
}

// Refund gives back part of a capture.
func (s *Stripe) Refund(ctx context.Context, key, reference string, r payment.Refund, t payment.Terms) error {
	if s.now().Sub(r.Created) > keyLife {
		if done, err := s.refunded(ctx, key, reference); err != nil || done {
			return unavailable("find the refund", err)
		}
	}
	amount, err := units(t.Currency, r.Amount)
	if err != nil {
		return err
	}
	params := &stripe.RefundCreateParams{
		PaymentIntent: stripe.String(reference),
		Amount:        stripe.Int64(amount),
		Metadata:      map[string]string{keyName: key, "order_id": t.OrderID},
	}
	params.SetIdempotencyKey(key)
	refund, err := s.api.V1Refunds.Create(ctx, params)
	switch {
	case err != nil && nothingDone(err):
		return fmt.Errorf("%w: %s", payment.ErrRefused, describe("refund", err))
	case err != nil:
		return unavailable("refund", err)
	case refund.Status == stripe.RefundStatusFailed || refund.Status == stripe.RefundStatusCanceled:
		return fmt.Errorf("%w: stripe: refund %s is %s", payment.ErrRefused, refund.ID, refund.Status)
	}
	return nil
}

// refunded tells whether a refund was made under a key Stripe has forgotten.
func (s *Stripe) refunded(ctx context.Context, key, reference string) (bool, error) {
	for refund, err := range s.api.V1Refunds.List(ctx, &stripe.RefundListParams{PaymentIntent: stripe.String(reference)}) {
		if err != nil {
			return false, err
		}
		if refund.Metadata[keyName] == key {
			return true, nil
		}
	}
	return false, nil
}
