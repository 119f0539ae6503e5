// Package payments takes money for orders, through a payment provider.
//
// It offers payments.v1. A payment is started, and paid on the provider's page:
//
//	             ┌─────────────> EXPIRED     not paid in time
//	             │
//	(none) ──> WAITING ──> AUTHORIZED ──> PAID ──> PAID, refunded in part or
//	   │         │  │           │          ^       as a whole
//	   │         │  └───────────┼──────────┘
//	   │         v              v
//	   └─────> CANCELLED <──────┘
//
// A webhook, a poll and a call all end in the same step (service/attend.go): ask
// the provider how the payment is, and write that down. So webhooks may come
// twice, late and in any order, or not at all, and a shopper who never comes back
// is settled all the same. The events PaymentSettled, PaymentRefunded and
// PaymentDisputed are published with what they tell.
//
// The page is the sandbox's, or a Checkout Session at Stripe, which does 3-D
// Secure and takes cards, also by Apple Pay and Google Pay; see internal/stripe.
// It needs no other module, and owns the tables payments and refunds, and
// sandbox_sessions and sandbox_session_refunds, which are the sandbox's memory.
//
// # What always holds
//
// A payment is known by the id that its caller made, and the provider is asked for
// each step with a key made of that id and the step: however often, late or at once a
// call comes, the shopper pays once. Refunds never exceed what was captured, also while
// some of them are not answered.
//
// What is about to be asked is written down before the provider is asked, and
// the answer after, never in one transaction. Death between the two, or a lost
// answer, leaves a step open: a repeat of the call asks again, and so does the
// settlement, in the background. A cancellation of a payment that is not known leaves a
// row that refuses the start that comes after.
//
// A card's number and code are in the request of the sandbox's page, and nowhere
// else: not stored, logged, traced or quoted in an error. With Stripe they never come
// here.
//
// # Providers
//
// The sandbox is inside, moves no money, and behaves by the card's number:
//
//	4242424242424242  approved (visa)
//	5555555555554444  approved (mastercard)
//	378282246310005   approved (amex, four-digit code)
//	4000000000000002  declined: card_declined
//	4000000000009995  declined: insufficient_funds
//	4000000000000069  declined: expired_card
//	4000000000000127  declined: incorrect_cvc
//	4000000000001018  approved, and paid 2 seconds later
//	4000000000002024  approved; the answer to the browser is lost
//	4000000000004046  never answered, and never paid
//	4000000000003220  asks its holder for consent (3-D Secure), then approved
//	4000000000005050  approved; the page does not lead back to the shop
//	4000000000005126  approved; refunds succeed, and fail 2 seconds later
//	4000000000006066  approved; refunds are refused for good
//	4000000000000259  approved, and disputed by its holder
//
// Any other number with a right check digit is approved. A session is open to ten
// refused cards; after the third one the next must wait, a second at first and twice as
// long each time. The sandbox's webhooks are handed over in this process, signed, and
// take the way of all others from there.
//
// Stripe is reached through its own library; see internal/stripe.
//
// # What is kept
//
// Payments of money that moved, their refunds, and the sandbox's memory of both: they
// are the shop's books. Those that ended unpaid are deleted after forget_unpaid. What
// the page needed (description, e-mail address, the addresses back) is emptied as soon
// as a payment does not wait any more; the sandbox leads shoppers back by its own copy
// until forget_addresses after the session was paid or, if it was not, opened. Webhooks
// are not kept: each is counted on its payment.
//
// # What it does not do
//
// It does not know prices or orders, keep cards for a next time, or capture a
// part. It does not decide to give an order up: the caller that started a payment
// cancels it.
package payments
