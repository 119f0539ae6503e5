package stripe

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/stripe/stripe-go/v83"

	"galleria/modules/payments/internal/card"
	"galleria/modules/payments/internal/payment"
)

// held reads the answer to a PaymentIntent that was made.
func held(intent *stripe.PaymentIntent) (payment.Hold, error) {
	h := payment.Hold{Reference: intent.ID}
	h.Brand, h.Last4 = cardOf(intent.PaymentMethod)
	switch intent.Status {
	case stripe.PaymentIntentStatusRequiresCapture, stripe.PaymentIntentStatusSucceeded:
		return h, nil
	case stripe.PaymentIntentStatusCanceled:
		return payment.Hold{}, payment.ErrNothingHeld
	case stripe.PaymentIntentStatusProcessing:
		return payment.Hold{}, fmt.Errorf("%w: stripe: %s is processing", payment.ErrUnavailable, intent.ID)
	case stripe.PaymentIntentStatusRequiresAction:
		h.DeclineCode = string(stripe.ErrorCodeAuthenticationRequired)
		return h, nil
	}
	h.DeclineCode = declineCode(intent.LastPaymentError)
	return h, nil
}

// declined reads why no PaymentIntent was made, or none that holds anything.
func declined(err error) (payment.Hold, error) {
	var e *stripe.Error
	if errors.Is(err, errCurrency) {
		return payment.Hold{DeclineCode: "currency_not_supported"}, nil
	}
	if !errors.As(err, &e) {
		return payment.Hold{}, unavailable("authorize", err)
	}
	switch {
	case e.Type == stripe.ErrorTypeCard:
		h := payment.Hold{DeclineCode: declineCode(e)}
		if e.PaymentIntent != nil {
			h.Reference = e.PaymentIntent.ID
		}
		h.Brand, h.Last4 = cardOf(e.PaymentMethod)
		return h, nil
	case e.Code == stripe.ErrorCodeResourceMissing && e.Param == "payment_method":
		return payment.Hold{}, payment.ErrNoMethod
	case e.Code == stripe.ErrorCodeAmountTooSmall || e.Code == stripe.ErrorCodeAmountTooLarge:
		return payment.Hold{DeclineCode: string(e.Code)}, nil
	}
	return payment.Hold{}, unavailable("authorize", err)
}

// declineCode is the issuer's reason where it gave one, else Stripe's.
func declineCode(e *stripe.Error) string {
	switch {
	case e == nil:
		return string(stripe.ErrorCodeCardDeclined)
	case e.DeclineCode != "" && e.DeclineCode != stripe.DeclineCodeGenericDecline:
		return string(e.DeclineCode)
	case e.Code != "":
		return string(e.Code)
	}
	return string(stripe.ErrorCodeCardDeclined)
}

// refusedCard reads why a card was not kept: its own fault, by field, or
// somebody else's.
func refusedCard(err error) error {
	var e *stripe.Error
	if !errors.As(err, &e) || e.Type != stripe.ErrorTypeCard {
		return unavailable("create payment method", err)
	}
	switch e.Code {
	case stripe.ErrorCodeInvalidExpiryMonth:
		return card.Refused{{Field: "exp_month", Message: "is not right"}}
	case stripe.ErrorCodeInvalidExpiryYear:
		return card.Refused{{Field: "exp_year", Message: "is not right"}}
	case stripe.ErrorCodeExpiredCard:
		return card.Refused{{Field: "exp_year", Message: "the card has expired"}}
	case stripe.ErrorCodeInvalidCVC, stripe.ErrorCodeIncorrectCVC:
		return card.Refused{{Field: "cvc", Message: "is not right"}}
	}
	return card.Refused{{Field: "number", Message: "is refused by the payment provider"}}
}

// nothingDone tells whether an error says for certain that nothing was made:
// the request was looked at and refused. Under a key used for another request
// something was.
func nothingDone(err error) bool {
	var e *stripe.Error
	if errors.Is(err, errCurrency) {
		return true
	}
	if !errors.As(err, &e) || e.Type == stripe.ErrorTypeIdempotency {
		return false
	}
	switch e.HTTPStatusCode {
	case http.StatusBadRequest, http.StatusPaymentRequired, http.StatusNotFound:
		return true
	}
	return false
}

// stateOf is the state the PaymentIntent was in, when that is why a call
// failed; "" otherwise.
func stateOf(err error) stripe.PaymentIntentStatus {
	var e *stripe.Error
	if errors.As(err, &e) && e.Code == stripe.ErrorCodePaymentIntentUnexpectedState && e.PaymentIntent != nil {
		return e.PaymentIntent.Status
	}
	return ""
}

func codeOf(err error) stripe.ErrorCode {
	var e *stripe.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func cardOf(m *stripe.PaymentMethod) (brand, last4 string) {
	if m == nil || m.Card == nil {
		return "", ""
	}
	return string(m.Card.Brand), m.Card.Last4
}

// unavailable is an error that leaves open what was done; nil for nil.
func unavailable(operation string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %s", payment.ErrUnavailable, describe(operation, err))
}

// describe says what an operator can look up. The library's own text holds the
// whole answer, client secrets and all.
func describe(operation string, err error) string {
	var e *stripe.Error
	if !errors.As(err, &e) {
		return fmt.Sprintf("stripe: %s: %v", operation, err)
	}
	return fmt.Sprintf("stripe: %s: status %d, %s %s %s, request %s", operation, e.HTTPStatusCode, e.Type, e.Code, e.Param, e.RequestID)
}
