// Package payment is the domain of payments that are paid on the provider's page:
// what may happen to one, what was asked of the provider and is not known yet,
// and what the provider says of it.
//
//	             ┌─────────────> EXPIRED     not paid in time
//	             │
//	(none) ──> WAITING ──> AUTHORIZED ──> PAID ──> PAID, refunded in part or
//	   │         │  │           │          ^       as a whole
//	   │         │  └───────────┼──────────┘
//	   │         v              v
//	   └─────> CANCELLED <──────┘
//
// Only what the provider says moves a payment (Learn), but for one that can't
// be paid, because its page's address was never handed out. If the provider says
// that an ended payment was paid all the same, it is PAID.
package payment
