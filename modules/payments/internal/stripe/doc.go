// Package stripe is the payment provider Stripe, through its own library.
//
// Page has the shopper pay on Stripe's page, a Checkout Session with one line, the
// total. To look at a payment is to read its session with the payment intent and
// the charge. It is closed by expiring the session, and by cancelling the intent
// when the amount is held. A webhook only says which payment to look at.
//
// Opening and refunding carry idempotency keys made of the payment, the refund and
// the attempt. Stripe repeats the first answer of a key for a day, a 500 too: then
// the next attempt has another key, and a refund is looked for by its metadata
// before it is made anew. The other steps do no harm when repeated, and have a key
// for each call, so that Stripe does not repeat a refusal that is no longer true.
//
// Stripe wants its page open for 30 minutes to 24 hours. It may be open 31 minutes
// longer than the payment waits; the shop closes it in time. If the shop is down
// then, and the shopper pays, the payment is paid.
//
// Payments are taken by card only (Apple Pay and Google Pay are cards): other
// methods may take days to say whether they paid. Refunds made in Stripe's
// dashboard are not seen.
//
// Payments made before the shop used this page have no session, only the intent that
// was confirmed with the card; they are looked at, captured, cancelled and refunded by
// it. Their refunds carry other metadata, and are found by that.
//
// Nothing but the calls goes to Stripe: no telemetry, no description of this
// machine, no redirects followed.
package stripe
