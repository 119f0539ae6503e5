// Package testcard is what the sandbox does with which card number. The words
// are stored with a payment method; the numbers never are.
package testcard

// Behaviour is how the sandbox treats a payment method.
type Behaviour string

const (
	// Approved says yes to everything.
	Approved Behaviour = "approved"
	// Declined and the next three say no to the authorisation, for the reason
	// that the word is.
	Declined          Behaviour = "card_declined"
	InsufficientFunds Behaviour = "insufficient_funds"
	Expired           Behaviour = "expired_card"
	IncorrectCVC      Behaviour = "incorrect_cvc"
	// Late approves, and answers the authorisation after two seconds.
	Late Behaviour = "late"
	// LostAuthorization approves, and loses the first answer.
	LostAuthorization Behaviour = "lost_authorization"
	// LostCapture approves, captures, and loses the first answer to that.
	LostCapture Behaviour = "lost_capture"
	// Unavailable never answers an authorisation, nor does it any work.
	Unavailable Behaviour = "unavailable"

	// The following are for the payment page only.

	// Consent asks the holder (3-D Secure), and then approves.
	Consent Behaviour = "consent"
	// NoReturn approves, and leads the browser to a page that does not lead back.
	NoReturn Behaviour = "no_return"
	// LostPayment approves, and loses the answer to the shopper's browser.
	LostPayment = LostAuthorization
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

	NumberLate              = "4000000000001018"
	NumberLostAuthorization = "4000000000002024"
	NumberLostCapture       = "4000000000003030"
	NumberUnavailable       = "4000000000004046"

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
	case NumberLostAuthorization:
		return LostAuthorization
	case NumberLostCapture:
		return LostCapture
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

// DeclineCode is why an authorisation is declined; "" when it is not.
func (b Behaviour) DeclineCode() string {
	switch b {
	case Declined, InsufficientFunds, Expired, IncorrectCVC:
		return string(b)
	}
	return ""
}
