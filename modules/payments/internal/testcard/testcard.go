// Package testcard is what the sandbox does with which card number. The words
// are stored with the page's session; the numbers never are.
package testcard

// Behaviour is how the sandbox treats a card.
type Behaviour string

const (
	// Approved says yes to everything.
	Approved Behaviour = "approved"
	// Declined and the next three say no, for the reason that the word is.
	Declined          Behaviour = "card_declined"
	InsufficientFunds Behaviour = "insufficient_funds"
	Expired           Behaviour = "expired_card"
	IncorrectCVC      Behaviour = "incorrect_cvc"
	// Late approves, and pays two seconds later.
	Late Behaviour = "late"
	// LostPayment approves, and loses the answer to the shopper's browser.
	LostPayment Behaviour = "lost_payment"
	// Unavailable never answers, nor does it any work.
	Unavailable Behaviour = "unavailable"
	// Consent asks the holder (3-D Secure), and then approves.
	Consent Behaviour = "consent"
	// NoReturn approves, and leads the browser to a page that does not lead back.
	NoReturn Behaviour = "no_return"
	// RefundRefused approves; its refunds are refused for good.
	RefundRefused Behaviour = "refund_refused"
	// RefundFails approves; its refunds succeed, and fail later.
	RefundFails Behaviour = "refund_fails"
	// Dispute approves, and the holder disputes it.
	Dispute Behaviour = "dispute"
)

// Numbers of cards. The first seven are Stripe's well-known ones; the others
// are the sandbox's own. All pass the check digit.
const (
	NumberVisa              = "4242424242424242"
	NumberMastercard        = "5555555555554444"
	NumberAmex              = "378282246310005"
	NumberDeclined          = "4000000000000002"
	NumberInsufficientFunds = "4000000000009995"
	NumberExpired           = "4000000000000069"
	NumberIncorrectCVC      = "4000000000000127"

	NumberLate        = "4000000000001018"
	NumberLostPayment = "4000000000002024"
	NumberUnavailable = "4000000000004046"

	// These three are Stripe's.
	NumberConsent     = "4000000000003220"
	NumberRefundFails = "4000000000005126"
	NumberDispute     = "4000000000000259"

	NumberNoReturn      = "4000000000005050"
	NumberRefundRefused = "4000000000006066"
)

// Of is the behaviour of a card number; any other number is approved.
func Of(number string) Behaviour {
	switch number {
	case NumberDeclined:
		return Declined
	case NumberInsufficientFunds:
		return InsufficientFunds
	case NumberExpired:
		return Expired
	case NumberIncorrectCVC:
		return IncorrectCVC
	case NumberLate:
		return Late
	case NumberLostPayment:
		return LostPayment
	case NumberUnavailable:
		return Unavailable
	case NumberConsent:
		return Consent
	case NumberNoReturn:
		return NoReturn
	case NumberRefundRefused:
		return RefundRefused
	case NumberRefundFails:
		return RefundFails
	case NumberDispute:
		return Dispute
	}
	return Approved
}

// DeclineCode is why the card is declined; "" when it is not.
func (b Behaviour) DeclineCode() string {
	switch b {
	case Declined, InsufficientFunds, Expired, IncorrectCVC:
		return string(b)
	}
	return ""
}
