package payment

import "errors"

// Why a request as a whole is refused.
var (
	ErrNoPayment = errors.New("there is no payment")
	ErrKeyReused = errors.New("the key was used before for something else")
)

// What a provider may say besides yes. A provider wraps them, with what it
// knows beyond, for logs: never with a card's number.
var (
	// ErrUnavailable leaves open whether the work was done.
	ErrUnavailable = errors.New("the payment provider does not answer")
	// ErrNoMethod is a payment method the provider does not know: nothing was
	// done.
	ErrNoMethod = errors.New("the payment method is not known to the provider")
	// ErrNothingHeld is a capture of an authorisation that was let go.
	ErrNothingHeld = errors.New("the provider holds nothing")
	// ErrRefused is a definite no to a refund.
	ErrRefused = errors.New("the provider refuses")
)
