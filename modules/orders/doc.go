// Package orders sells what is in a cart, and keeps the orders: it sets goods
// aside, has the shopper pay on the provider's page, and looks after what comes
// then: parcels, refunds, returns. It survives the death of any process at any
// point.
//
// It offers ordersv1.OrdersService. It needs pricing (what things cost), cart
// (what is bought), inventory (goods) and payments (money). It hears
// PaymentSettled, PaymentRefunded and PaymentDisputed of payments, and AccountDeleted
// of accounts. It emits OrderPlaced, OrderShipped, OrderRefunded, OrderRefundFailed,
// OrderCancelled and OrderFailed. It owns the orders, with lines, fulfilments, refunds,
// returns and the staff's notes, order_carts: which carts open orders are made of,
// carts_bought: from which carts things were bought lately, and persons_gone: whom
// finished orders are to forget.
//
// # States
//
//	          allocate, redeem,      the shopper pays       everything is
//	          start the payment                             shipped
//	PLACING ───────────────────> (waiting) ────────> OPEN ─────────> CLOSED
//	   │                            │                 │
//	   │ no, or no answer           │ not in time,    │ cancelled by customer,
//	   │                            │ or cancelled    │ operator
//	   ├────────────────────────────┘                 │
//	   v                  paid after all              v
//	FAILED ──────────────────────────────────────> CANCELLED
//
// OPEN is stored together with OrderPlaced, and each other change of status with
// its event. A status is a decision: what follows from it in other modules is
// done afterwards, as long as it takes. How an order stands with its money and
// its goods is no status: it follows from its payment, refunds, fulfilments and
// returns. An order that the program can't go on with needs attention: it says
// why, and rests until an operator has answered.
//
// # Who drives
//
// The calls of the contract store decisions. Carrying them out is the driver's:
// it takes the orders that are due, asks the other modules, stores once what came
// of it, and says when the order is due again. A new order is driven at once by
// the process that placed it; all others by the one process that has the lease
// (package service, drive.go). Two may work on one order at the same time, and it
// does no harm: every call may be repeated, and every change is stored on the
// condition that no other was stored since. One that was not begins anew from
// there: so a cancellation does not wait for the step under way, and nothing is
// given back while it is still being taken.
//
// What fails is tried again after 250 ms, and then after twice as long up to a
// minute; at most 20 orders a second are tried again, however many there are.
// After a day (give_up) an operator is asked. The operator may leave what was refused;
// what another module has only not answered goes on, for another day. A refund that was
// given up is not asked for again before the operator has answered, and then left: it counts
// as made by hand. Going on might give the money back twice; one that is to be made after all
// is tried again instead. One that payments has accepted is made there, and is never left.
//
// # What can go wrong, and what is done
//
//	before the order is stored   bad fields, empty cart, not sold, another price, no
//	                             delivery, an earlier order of the cart is paid, too many
//	                             unpaid orders of the client, cart or pricing away
//	                                          nothing is stored; the key is not used up
//	allocate, redeem             refused      FAILED; release, unredeem
//	                             no answer    FAILED unavailable; release
//	start the payment            no answer    FAILED payment_unavailable; release first,
//	                                          then the payment is cancelled, however long
//	                                          that takes
//	                             refused      FAILED payment_refused; release, unredeem
//	start another payment        no answer    tried again until its hold ends; then FAILED
//	                                          not_paid
//	the shopper does not pay     hold is over the payment is cancelled, then FAILED; the
//	                                          goods went back by themselves
//	                             paid in the same moment: as if it was in time
//	cancelled while it can be paid            it is leaving: the goods are released, its
//	                                          payment is stopped, then FAILED; no event
//	                                          comes before. Paid after all: CANCELLED;
//	                                          refund
//	a newer order of the cart, or of the e-mail address from the same client, comes
//	                                          the earlier one gives way: its payment is
//	                                          stopped, then it is FAILED, and the newer one
//	                                          is stored. Paid after all: it stands, and the
//	                                          newer one of its cart is refused
//	paid, and goods are gone                  CANCELLED out_of_stock; refund
//	paid after it FAILED                      CANCELLED; refund
//	the money is only held       the bank     needs attention, and nothing is sent
//	until it is sent             lets it go
//	refund                       the money    waits until the money is taken; when that is
//	                             is only held refused, nothing was charged: a refund of 0
//	refund, shipment             refused      needs attention
//
// "No answer" is every error that is no answer of the contract: the call may have
// done its work. What is given back therefore never depends on what a step did:
// releasing, unredeeming and cancelling are remembered by the other modules for
// orders that they do not know yet, so that a late step is refused.
//
// # What survives which death
//
//	before the order is stored   no order; the same key may order again
//	before it waits              the driver goes through the same steps again, after 15
//	                             seconds, or at once when the same request is sent again
//	while it waits               the event of payments, a poll, or the end of the hold
//	                             finds it
//	after a decision             the driver carries it out
//
// A key whose order was stored gives that order's answer as long as the order is
// kept, failed or not: a new attempt needs a new key. While it is not decided how the
// order ends, the answer is REASON_NOT_KNOWN.
//
// # Invariants
//
//   - One key is one order, and one answer. One cart has one open order, and so
//     have a cart and one that was merged into it: a table's key. The newest is meant.
//   - The parts of a price sum to its total; refunds never exceed what was paid.
//   - Nothing is sent that is not paid, and no more than was ordered.
//   - Each event is published once, with the change it tells of.
//   - An order is in PLACING no longer than its hold, unless payments is away then, or
//     inventory after it was paid; for longer than give_up only while it needs attention.
//
// # What it does not do
//
// It does not know cards: the shopper types them into the provider's page. It
// does not change the lines of an order, nor exchange goods. Orders that were
// never paid are deleted after 30 days (keep_failed), with the personal data in
// them; what was sold is kept. When a customer deletes the account, orders from its
// verified address lose who bought them, those that are not finished as soon
// as they are: name, address but for country and region, card, and all that was typed
// about them: notes, reasons, numbers of parcels, the sentences of the timeline. A reason
// that is typed later goes as soon as it is carried out; a note stays.
package orders
