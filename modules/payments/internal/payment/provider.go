package payment

import (
	"context"
	"errors"
)

// What a provider may say besides an answer. A provider wraps them, with what it
// knows beyond, for logs: never with a card's number.
var (
	// ErrUnavailable leaves open whether the work was done.
	ErrUnavailable = errors.New("the payment provider does not answer")
	// ErrSpent is an ErrUnavailable that the provider repeats for as long as it
	// is asked with this key.
	ErrSpent = errors.New("the payment provider repeats an earlier failure")
	// ErrSignature is a webhook that the provider did not sign.
	ErrSignature = errors.New("the webhook's signature is not right")
)

// Impossible is a definite no to a payment's beginning. It says why.
type Impossible string

func (i Impossible) Error() string { return "the provider refuses to begin the payment: " + string(i) }

// Session is the provider's page for one payment.
type Session struct{ Reference, URL string }

// ProviderState is what a provider says of a payment as a whole.
type ProviderState int

const (
	// SaysOpen is a payment that can still be paid, or is being.
	SaysOpen ProviderState = iota
	SaysAuthorized
	SaysPaid
	// SaysEnded can't be paid any more, and was not.
	SaysEnded
	// SaysCancelled is the same, and the shopper or the provider gave it up.
	SaysCancelled
)

// Report is all that a provider says of a payment.
type Report struct {
	State       ProviderState
	Intent      string
	Brand       string
	Last4       string
	DeclineCode string
	Disputed    bool
	Refunds     []RefundReport
}

// RefundReport is what a provider says of a refund.
type RefundReport struct {
	ID, Reference string
	Status        RefundStatus
	Failure       string
	// Spent: the provider repeats an earlier failure under the refund's key.
	Spent bool
}

// Notice is what a webhook is about: a payment by its id, or by the provider's
// name for its session or its money.
type Notice struct {
	Event     string // the provider's id and type, for logs
	PaymentID string
	Session   string
	Intent    string
}

// Provider has pages where payments are paid. Its methods are repeatable: what
// was done before is found again. Errors wrap those of this package.
type Provider interface {
	// Open makes the payment's page.
	Open(ctx context.Context, p Payment) (Session, error)
	// Look says how the payment is.
	Look(ctx context.Context, p Payment) (Report, error)
	// Close sees to it that the payment can't be paid any more, and lets go what
	// is held. A payment that was paid stays paid, and the report says so.
	Close(ctx context.Context, p Payment) (Report, error)
	// Capture takes what is held.
	Capture(ctx context.Context, p Payment) (Report, error)
	// Refund gives back a part.
	Refund(ctx context.Context, p Payment, r Refund) (RefundReport, error)
	// Hear checks a webhook's signature and says what it is about; nil for one
	// that is about no payment. Names of headers are in lower case.
	Hear(ctx context.Context, body []byte, headers map[string]string) (*Notice, error)
}
