// Package gateway is the shop for programs: a REST API under /api/v1, over the same
// contracts as the storefront's pages. It holds clients of those and nothing else.
//
// The site map is routes.go. Every handler takes its input apart, makes one use of the
// modules, and answers; the OpenAPI document at /api/v1/openapi.json is made of the
// same types, and /api/v1/docs shows it to people.
//
// # Errors
//
// Each is an application/problem+json (RFC 9457) with a type that never changes, the
// request's id, and, where a field of the body is wrong, JSON pointers to it:
// problem.go has the list of types. Fields that are not known are refused, and so is what
// comes twice: body.go.
//
// # Who may do what
//
// A cart's id opens the cart, and an order's access token the order; the token is sent as
// "Authorization: Bearer". A session's token, sent the same way, tells who a person is: it
// opens the orders placed with the person's verified address. No cookie is read, so that
// a page of another site can't act for a visitor.
//
// # Staff
//
// Staff and their programs use the same API, with the token of a session or an API key:
// accounts makes a statement of either, it travels with the calls, and the modules decide.
// What they change is written to app/auditlog.
//
// # Once
//
// What changes something may be sent again. A cart is made once per Idempotency-Key, and
// so is an order: the keys are those of the modules, which keep them. A product is written
// over the version that was read (If-Match), and a repeat of that changes nothing.
//
// # How often
//
// One client may send http.limits.requests a minute, and as many carts, checkouts,
// cancellations and voucher codes as on the pages, counted together with those: app/edge.
// RateLimit says what is left of it. When there is too much to do, those who look around
// wait in the same queue as the visitors of the pages, and so do those who order.
//
// # What may be kept
//
// Products and categories have ETags and may be kept by all, who ask each time whether
// they are still the same. Caches keep no cart and no order.
package gateway
