// Package storefront is the shop as people see it: pages drawn on the server,
// complete without JavaScript, over the contracts of catalog, inventory, cart,
// pricing, orders, payments and accounts. It holds clients of those and nothing
// else; where the modules run it can't tell.
//
// The site map is routes.go. Every handler parses, makes one use of the
// modules, and renders; fail turns every error into a page.
//
// # What it keeps
//
// Nothing that matters. Drawn pages of the catalogue stay in memory for half a
// second (Options.PageTTL), the number of things in the cart is put into them
// when they are sent. The cart's id is a cookie nobody can guess, the number a
// second cookie that the script and the drawn pages read; it may lag behind,
// and the cart page puts it right.
//
// # Lists
//
// A search or a department is narrowed by links with counts: category (in a search),
// options, tag, and a range of prices. What is narrowed or sorted is not for search
// engines. Of the products of one page those that are sold out come last; the catalog
// knows no stock, so across pages the order is the catalog's, and a page whose stock
// inventory does not tell within 100 ms keeps that order.
//
// # When a module is away
//
//	inventory  products and lists show no stock; the checkout says what orders says
//	cart       the cart page says so (503); all else goes on
//	pricing    the cart shows what the goods cost; the checkout answers 503
//	payments   the checkout answers 503, keeps the cart and what was typed
//	orders     the checkout, order pages and the list of one's orders answer 503
//	catalog    pages of the catalogue answer 503
//	accounts   the account's pages and the log-in answer 503; guests notice nothing
//
// # Who is logged in
//
// A session is a cookie with a token, app/edge/session.go; accounts says whose it is, for
// the pages that want to know: session.go. At log-in the browser gets the account's own
// cart, with what was in the guest's; at log-out the cart stays with the account. A cart
// that another customer left in the browser is not touched. Calls for a customer carry
// the statement of the session, so that modules decide what that customer may see.
//
// # When there is too much to do
//
// So many pages of the catalogue are drawn at a time, and so many checkouts worked on;
// the others wait in turn, each kind in a queue of its own, for all parts of the edge:
// app/edge/queue.go. Those who look around are refused after two seconds, those who pay
// after twenty.
//
// # One checkout, one order
//
// The form carries a key made with it. A form sent twice is the same key and
// so the same order. After a failure that is settled (sold out, another total) the
// form comes back with a new key; after one whose outcome nobody knows it
// comes back with the same key, so that sending it again can't buy twice.
//
// # How often
//
// One client (an IPv4 address, or a /64 of IPv6) may make so many carts, attempts to
// pay and cancellations a minute, and try so many voucher codes; it waits longer and
// longer after cards that the sandbox declines: app/edge/limits.go. More is answered with 429
// and Retry-After. Each process with the edge counts by itself, and a restart forgets.
// Clients of this machine have no limits, also of orders that wait for their payment, unless
// http.limits.loopback is false.
//
// # What it never does
//
// A card's number is typed on the provider's page. The sandbox's page is in this
// shop: there it goes from the form to payments.PaySandbox and nowhere else: no page,
// log line or error holds it. An order's token is in the address of its page, so
// those pages are not stored, not indexed, and logged without their query.
package storefront
