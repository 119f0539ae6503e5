// Package cart keeps what guests mean to buy.
//
// It offers cartv1.CartService, needs the catalog, emits no events, and owns
// its tables carts, cart_items, cart_additions and taken_orders.
//
// Whoever knows a cart's id holds the cart: the id is made by the caller, of
// at least 128 random bits, and is never logged. A cart comes into being with
// its first item and is forgotten 30 days after its last change. From that
// moment on it is as good as not there; the rows are deleted in batches, in
// the background, by one process at a time.
//
// # Invariants
//
//   - A line holds 1 to 99, a cart at most 100 lines, however many calls come
//     at once: the statements that write have these limits as conditions, and
//     all changes of one cart follow one another.
//   - An addition is made once per idempotency key and cart; what an order
//     bought is taken out once per order. Both are remembered as long as a
//     cart lives.
//   - A cart has one currency: that of the first thing put into it while it
//     was empty. Something sold in another one is refused as not sold
//     (REASON_NOT_SOLD), because there would be no total. When the catalog
//     changes a product's currency later, its line is shown as unavailable.
//   - A cart has no prices of its own. They are the catalog's at the moment of
//     reading, got for all lines in one call.
//   - What the catalog no longer sells stays in the cart, visible, without a
//     price, until it is removed; removing needs no catalog. The name is the
//     catalog's if it still knows the product, else the one it had when added.
//
// # When the catalog is away
//
// GetCart of a cart with lines, AddItem, and SetItem of more than 0 fail with
// UNAVAILABLE and nothing is written. Repeats of additions already made are
// answered, and removing and TakeItems work, so that an order that is paid
// for is never held up by its cart.
//
// # What it deliberately does not do
//
// It reserves no stock and promises no price: the order does, when it is
// placed. It knows no customers, only ids, so it never merges carts.
package cart
