package stripe

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/stripe/stripe-go/v83"
)

// noConsent is why a card was refused whose holder did not agree, in the word that the
// sandbox has for it, too. Stripe's own for its page is payment_intent_authentication_failure.
const noConsent = "authentication_required"

// declineCode is the issuer's reason where it gave one, else Stripe's.
func declineCode(e *stripe.Error) string {
	switch {
	case e == nil:
		return string(stripe.ErrorCodeCardDeclined)
	case e.DeclineCode != "" && e.DeclineCode != stripe.DeclineCodeGenericDecline:
		return string(e.DeclineCode)
	case e.Code == stripe.ErrorCodePaymentIntentAuthenticationFailure:
		return noConsent
	case e.Code != "":
		return string(e.Code)
	}
	return string(stripe.ErrorCodeCardDeclined)
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

func codeOf(err error) stripe.ErrorCode {
	var e *stripe.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
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
