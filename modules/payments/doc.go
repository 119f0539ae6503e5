// Package payments takes money for orders, through a payment provider.
//
// It offers payments.v1. A payment is started, and paid on the provider's page:
//
//	             ┌─────────────> EXPIRED     nobody paid in time
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
// The tables are hosted_payments and hosted_refunds, and sandbox_sessions and
// sandbox_session_refunds.
//
// # The earlier way
//
// It is there until no caller needs it: a card becomes a payment method at the provider, and
// an order's payment is authorised, captured, voided and refunded:
//
//	              ┌─> DECLINED
//	(none) ──> PENDING ──> AUTHORIZED ──> CAPTURED ──> CAPTURED, refunded in
//	   │          │             │                      part or as a whole
//	   │          v             v
//	   └───────> VOIDED <───────┘
//
// It needs no other module. This way emits no events. It owns the tables payments and
// refunds, and those of the sandbox.
//
// # What always holds
//
// There is one payment per order for ever, and the provider is asked for each
// step with a key made from the order and the step: however often, late or at
// once a call comes, a card is charged once. Refunds never exceed the capture,
// also while some of them are not answered.
//
// What is about to be asked is written down before the provider is asked, and
// the answer after, never in one transaction. Death between the two, or a lost
// answer, leaves a step open: a repeat of the call asks again with the same
// key, and so does the recovery, in the background, for captures, voids and
// refunds. An open authorisation is its caller's to repeat or to void. A void
// of an order without a payment leaves a row that refuses the authorisation
// that comes after.
//
// A card's number and code are in the request and on their way to the provider,
// and nowhere else: not stored, logged, traced or quoted in an error.
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
//	4000000000001018  approved; the authorisation is answered after 2 seconds
//	4000000000002024  approved; the first answer to the authorisation is lost
//	4000000000003030  approved; the first answer to the capture is lost
//	4000000000004046  no authorisation is ever answered, and none made
//
// and on its page also:
//
//	4000000000003220  asks its holder for consent (3-D Secure), then approved
//	4000000000005050  approved; the page does not lead back to the shop
//	4000000000005126  approved; refunds succeed, and fail 2 seconds later
//	4000000000006066  approved; refunds are refused for good
//	4000000000000259  approved, and disputed by its holder
//
// A session is open to ten refused cards; after the third one the next must wait,
// a second at first and twice as long each time.
//
// Any other number with a right check digit is approved. Stripe is reached
// through its own library; see internal/stripe.
//
// # What it does not do
//
// It does not know prices or orders, keep cards for a next time, or capture a
// part. It does not decide to give an order up: who started a payment cancels it.
package payments
