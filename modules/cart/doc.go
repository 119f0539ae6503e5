// Package cart keeps what guests mean to buy.
//
// It offers cartv1.CartService, needs the catalog, emits no events, and owns
// its tables carts, cart_items, cart_additions, cart_merges and taken_orders.
//
// A cart's id is all that is needed to use it: the id is made by the caller, of
// at least 128 random bits, and is never logged. One exception: the cart of a
// customer is not opened to another person who is logged in. A cart comes into
// being with its first item, or is made empty, and is forgotten lifetime (30 days
// unless set) after its last change. From that moment on no call finds it; the rows are
// deleted in batches, in the background, by one process at a time.
//
// # Invariants
//
//   - A line holds 1 to 99, a cart at most 100 lines, however many calls come
//     at once: the statements that write have these limits as conditions, and
//     all changes of one cart follow one another.
//   - An addition is made once per idempotency key and cart, and a repeat is
//     told that it is one. A merge is made once per key and cart. What an order
//     bought is taken out once per order. All three are remembered as long as a
//     cart lives, of the additions the last 1,000 at least.
//   - The version of a cart goes up with each change of it.
//   - A cart has one currency: that of the first thing put into it while it
//     was empty. Something without a price in it is refused
//     (REASON_OTHER_CURRENCY), because there would be no total.
//   - A cart has no prices of its own. They are the catalog's at the moment of
//     reading, got for all lines in one call.
//   - What can't be bought any more stays in the cart until it is removed, without
//     a price, and its line says why: withdrawn, without a price in the cart's
//     currency, or unknown to the catalog. Removing needs no catalog. The name is
//     the catalog's if it still knows the product, else the one it had when added.
//   - Codes, delivery option and destination are what was chosen. The cart keeps
//     them and does not check them: pricing does, for each quote. With what an order
//     bought, the codes that it used are taken out, and no others. Codes are written
//     only over those that the caller saw, if it says which: two that are added at once
//     are both there. Of two delivery options or destinations the last one stays.
//   - A cart remembers which carts were merged into it, and one that was merged into
//     another where its lines went: so orders sees that two carts hold the same lines,
//     and an order of the first, paid later, takes them out of the second.
//   - A cart belongs to one customer or to none, and a customer's cart is merged into
//     no other customer's.
//
// Carts that were read stay in memory (package store, kept.go), and are used only after
// a look at their version in the database.
//
// # When the catalog is away
//
// GetCart of a cart with lines, AddItem, and SetItem of more than 0 fail with
// UNAVAILABLE and nothing is written. Repeats of additions already made are
// answered, and removing and TakeItems work, so that an order that is paid
// for is never held up by its cart.
//
// # What it keeps in memory
//
// Carts as they were read last, some 15 MB at most. Each use asks the database
// whether the version is still the same, so that copies of the module agree.
//
// # What it deliberately does not do
//
// It holds no stock and promises no price: the order does, when it is
// placed. It keeps no customers, only the id of the one a cart belongs to.
package cart
