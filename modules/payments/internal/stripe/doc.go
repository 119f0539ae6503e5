// Package stripe is the payment provider Stripe, through its own library.
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
// authentication_required: the shop has no page for that yet.
//
// Nothing but the calls goes to Stripe: no telemetry, no description of this
// machine, no redirects followed.
package stripe
