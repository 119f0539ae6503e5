package paymentstest

import (
	"time"

	paymentsv1 "galleria/modules/payments/v1"

	"galleria/modules/payments/internal/testcard"
)

// Card numbers that the sandbox's page knows. Any other number that passes the check
// digit is approved.
const (
	CardVisa              = testcard.NumberVisa              // approved
	CardMastercard        = testcard.NumberMastercard        // approved
	CardAmex              = testcard.NumberAmex              // approved; its cvc has four digits
	CardDeclined          = testcard.NumberDeclined          // declined: card_declined
	CardInsufficientFunds = testcard.NumberInsufficientFunds // declined: insufficient_funds
	CardExpired           = testcard.NumberExpired           // declined: expired_card
	CardIncorrectCVC      = testcard.NumberIncorrectCVC      // declined: incorrect_cvc
	CardLate              = testcard.NumberLate              // paid about two seconds later
	CardLostPayment       = testcard.NumberLostPayment       // paid, but the answer is lost
	CardUnavailable       = testcard.NumberUnavailable       // never answered, and not paid
	CardConsent           = testcard.NumberConsent           // asks its holder for consent (3-D Secure)
	CardNoReturn          = testcard.NumberNoReturn          // paid, and the browser is not led back
	CardRefundRefused     = testcard.NumberRefundRefused     // paid; its refunds are refused for good
	CardRefundFails       = testcard.NumberRefundFails       // paid; its refunds succeed, and fail about two seconds later
	CardDispute           = testcard.NumberDispute           // paid, and disputed by its holder
)

// Card is a card of that number that is right in all else.
func Card(number string) *paymentsv1.Card {
	cvc := "123"
	if number == CardAmex {
		cvc = "1234"
	}
	return &paymentsv1.Card{Number: number, ExpMonth: 12, ExpYear: int32(time.Now().Year()) + 3, Cvc: cvc}
}
