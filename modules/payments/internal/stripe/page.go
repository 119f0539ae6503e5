package stripe

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v83"

	"galleria/modules/payments/internal/payment"
)

// longer is how much longer Stripe's page may be open than the payment may wait:
// Stripe wants it open for 30 minutes at least, also when it is asked late.
const longer = 31 * time.Minute

// Metadata that leads from Stripe's objects to the shop's.
const (
	paymentName = "galleria_payment"
	refundName  = "galleria_refund"
)

// Page is Stripe's payment page, a Checkout Session for each payment. It is safe
// for concurrent use.
type Page struct {
	api     *stripe.Client
	secrets []string // of webhooks; a new one is set beside the old one
	live    bool
	now     func() time.Time
}

// NewPage makes the provider. base is the API's address; "" is Stripe's own.
func NewPage(secretKey, base string, webhookSecrets []string, now func() time.Time) *Page {
	live := strings.HasPrefix(secretKey, "sk_live_") || strings.HasPrefix(secretKey, "rk_live_")
	return &Page{api: client(secretKey, base), secrets: webhookSecrets, live: live, now: now}
}

// Open implements payment.Provider.
func (s *Page) Open(ctx context.Context, p payment.Payment) (payment.Session, error) {
	t, page := p.Terms(), p.Page()
	amount, err := units(t.Currency, t.Amount)
	if err != nil {
		return payment.Session{}, payment.Impossible(err.Error())
	}
	for _, address := range []string{page.ReturnURL, page.CancelURL} {
		if err := s.leadsBack(address); err != nil {
			return payment.Session{}, err
		}
	}
	session, err := s.api.V1CheckoutSessions.Create(ctx, sessionParams(p, amount))
	switch {
	case err != nil && nothingDone(err):
		return payment.Session{}, impossible(err)
	case err != nil:
		return payment.Session{}, away("open a checkout session", err)
	}
	return payment.Session{Reference: session.ID, URL: session.URL}, nil
}

// sessionParams are the same whenever the payment is asked for again: Stripe
// refuses a key that comes with other parameters.
func sessionParams(p payment.Payment, amount int64) *stripe.CheckoutSessionCreateParams {
	t, page := p.Terms(), p.Page()
	name := page.Description
	if name == "" {
		name = "Order " + t.OrderID
	}
	capture := stripe.PaymentIntentCaptureMethodAutomatic
	if t.CaptureLater {
		capture = stripe.PaymentIntentCaptureMethodManual
	}
	names := map[string]string{paymentName: t.ID, "order_id": t.OrderID}
	params := &stripe.CheckoutSessionCreateParams{
		Mode: stripe.String(string(stripe.CheckoutSessionModePayment)),
		LineItems: []*stripe.CheckoutSessionCreateLineItemParams{{
			Quantity: stripe.Int64(1),
			PriceData: &stripe.CheckoutSessionCreateLineItemPriceDataParams{
				Currency: stripe.String(currency(t.Currency)), UnitAmount: stripe.Int64(amount),
				ProductData: &stripe.CheckoutSessionCreateLineItemPriceDataProductDataParams{Name: stripe.String(name)},
			},
		}},
		PaymentMethodTypes: []*string{stripe.String(string(stripe.PaymentMethodTypeCard))},
		ClientReferenceID:  stripe.String(t.OrderID),
		SuccessURL:         stripe.String(page.ReturnURL),
		CancelURL:          stripe.String(page.CancelURL),
		ExpiresAt:          stripe.Int64(openUntil(p).Unix()),
		PaymentIntentData:  &stripe.CheckoutSessionCreatePaymentIntentDataParams{CaptureMethod: stripe.String(string(capture)), Metadata: names},
		Metadata:           names,
		// Another currency than the order's could not be refunded in part.
		AdaptivePricing: &stripe.CheckoutSessionCreateAdaptivePricingParams{Enabled: stripe.Bool(false)},
	}
	if page.Email != "" {
		params.CustomerEmail = stripe.String(page.Email)
	}
	params.SetIdempotencyKey(key("session", t.ID, "", p.State().Attempt))
	return params
}

// key is an idempotency key, of at most the 255 bytes that Stripe takes. An attempt
// has its own: under the earlier one Stripe repeats that it failed.
func key(step, payment, refund string, attempt int64) string {
	sum := sha256.Sum256([]byte(payment + " " + refund))
	return fmt.Sprintf("galleria-%s-%x-%d", step, sum, attempt)
}

// openUntil is when Stripe ends the page by itself. The shop closes it before,
// when the payment may wait no longer.
func openUntil(p payment.Payment) time.Time {
	until, most := p.Terms().Expires.Add(longer), p.Created().Add(payment.MostAhead-time.Minute)
	if until.After(most) {
		return most
	}
	return until
}

// leadsBack refuses an address that Stripe can't lead the shopper to.
func (s *Page) leadsBack(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "":
		return payment.Impossible("Stripe needs whole addresses to lead the shopper back to the shop, and got a path: set the shop's address (http.base_url)")
	case s.live && u.Scheme != "https":
		return payment.Impossible("with a live key Stripe leads the shopper back to https addresses only: set the shop's address (http.base_url) to an https one")
	}
	return nil
}

// impossible is why Stripe made no session. Its own text could hold what the
// shopper typed, so it is not repeated.
func impossible(err error) error {
	var e *stripe.Error
	errors.As(err, &e)
	switch {
	case e.Code == stripe.ErrorCodeAmountTooSmall:
		return payment.Impossible("the amount is smaller than Stripe takes in this currency")
	case e.Code == stripe.ErrorCodeAmountTooLarge:
		return payment.Impossible("the amount is larger than Stripe takes in this currency")
	case e.Code == stripe.ErrorCodeEmailInvalid || e.Param == "customer_email":
		return payment.Impossible("Stripe does not accept the mail address")
	}
	return payment.Impossible(describe("open a checkout session", err))
}

// away is an error that leaves open what was done; nil for nil.
func away(operation string, err error) error {
	var e *stripe.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &e) && e.HTTPStatusCode >= 500 && e.LastResponse != nil && e.LastResponse.Header.Get("Idempotent-Replayed") == "true":
		return fmt.Errorf("%w: %w: %s", payment.ErrUnavailable, payment.ErrSpent, describe(operation, err))
	}
	return fmt.Errorf("%w: %s", payment.ErrUnavailable, describe(operation, err))
}
