// Package stripe is the payment provider Stripe, through its own library.
//
// # The page
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
// # The earlier way
//
// A card becomes a PaymentMethod, an authorisation a PaymentIntent confirmed at
// once with capture_method=manual, a void its cancellation. Whatever moves
// money carries an idempotency key, and the key as metadata too: Stripe forgets
// keys after a day, and then what was done is looked up by the metadata.
//
// There is no call at Stripe for "void whatever was made under this key".
// Authorising again with the key gives what was made, and that is cancelled;
// if nothing was made, the amount is held for the moment in between.
//
// A card that needs its holder's consent (3-D Secure) is declined with
// authentication_required: there is no page in this way.
//
// Nothing but the calls goes to Stripe: no telemetry, no description of this
// machine, no redirects followed.
package stripe
