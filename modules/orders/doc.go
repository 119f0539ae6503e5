// Package orders sells what is in a cart: it prices it, takes goods and money,
// and keeps the orders. Buying is a saga over other modules that survives the
// death of any process at any point.
//
// It offers ordersv1.OrdersService. It needs catalog (prices), cart (what is
// bought), inventory (goods) and payments (money). It emits OrderConfirmed and
// OrderCancelled. It owns the orders: what was bought, by whom, at which price,
// and how far the checkout came.
//
// # States
//
//	        reserve          authorize and confirm             capture            commit
//	ACCEPTED ────> RESERVED ────> (AUTHORIZED) ────> CONFIRMED ────> CAPTURED ────> COMPLETED ──> SHIPPED
//	    │             │                │                 │               │              │   ship
//	    └─────────────┴───────┬────────┘                 └───────────────┴──────┬───────┘
//	                          v  no, or no answer                               v  the guest's wish, or no for good
//	                       FAILING                                         CANCELLING
//	                          │  void, release                                  │  void or refund, release
//	                          v                                                 v
//	                       FAILED                                          CANCELLED
//
// AUTHORIZED is passed, and shown in the timeline, but never stored alone:
// nothing is learnt between the card's yes and the shop's. CONFIRMED is the
// shop's word: it is stored together with OrderConfirmed, and from there an
// outage only delays the order. The cart is emptied after it; the order does
// not depend on that, it is repeated until done.
//
// # What can go wrong, and what is done
//
//	before acceptance   bad fields, empty cart, not sold, price changed, cart or catalog away
//	                                             nothing is stored; the key is not used up
//	reserve             out of stock             FAILING out_of_stock: release
//	                    no answer                FAILING unavailable: release
//	authorize           declined, unknown card   FAILING payment_declined: void, release
//	                    no answer                FAILING payment_unavailable: void, release
//	take from cart      no answer                goes on; repeated until it is done
//	capture             no answer                repeated until it answers
//	                    refused                  CANCELLING payment_refused: void or refund, release
//	commit              no answer                repeated until it answers
//	                    out of stock (the hold   CANCELLING out_of_stock: refund, release
//	                    expired and was resold)
//	void, refund, release  no answer             repeated until they answer
//
// "No answer" is every error that is no answer of the contract: the call may
// have done its work. While a guest waits, a call is repeated briefly; what
// then remains is recovery's. A step's compensation therefore never asks what
// the step did: void and release are remembered by payments and inventory
// for orders they do not know yet, so a late authorisation or reservation is
// refused.
//
// # What survives which death
//
// The order is stored before anything is asked of another module, with the
// reference to the guest's card; each step is stored before the next. All calls
// carry the order's id and may be repeated. So after a death at any point:
//
//	before "accept" is stored     no order; the same key may order again
//	before CONFIRMED is stored    recovery goes on, while the order is younger than
//	                              AbandonAfter, else undoes it
//	FAILING                       recovery undoes it
//	CONFIRMED, CAPTURED           recovery goes on, however long it takes
//	CANCELLING                    recovery gives back, however long it takes
//
// A key whose order was stored gives that order's answer for ever, failed or
// not: a new attempt needs a new key.
//
// # Who drives
//
// An order is driven on by one drive at a time: by the checkout it began in, a
// cancellation, a repeated PlaceOrder that finds it abandoned, or recovery. A
// drive claims it in the order's row for two seconds and keeps the claim up.
// Every change is stored on the condition that nobody stored one since, so a
// drive that lost its claim can't do harm. A cancellation does not wait for the
// claim: it stores the decision, and the drive finds it when it stores its own
// next step, after the call it was making; then it turns around. So nothing is
// given back while it is still being taken.
//
// # Invariants
//
//   - One key is one order, and one answer.
//   - Nothing is captured for an order that is not CONFIRMED or later.
//   - Every order ends, unless a module it needs stays away, in COMPLETED,
//     SHIPPED, FAILED or CANCELLED; in the latter two it holds neither goods nor
//     money.
//   - Each event is published once, with the change it tells of.
//
// # What it does not do
//
// It does not know cards: it gets a reference and passes it on. It does not
// refund in part, return single lines or change orders. It charges no shipping
// and no taxes of its own: prices are what the catalog says.
package orders
