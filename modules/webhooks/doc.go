// Package webhooks tells programs of others what happened in the shop: it sends HTTP
// requests to endpoints that staff have registered, as Standard Webhooks 1.0 says.
//
// It offers webhooks.v1: endpoints with their secrets, and what was sent to them. It
// calls no other module; it hears OrderPlaced, OrderShipped, OrderRefunded and
// OrderCancelled of orders and StockLow of inventory, sent as order.placed,
// order.shipped, order.refunded, order.cancelled and stock.low, and emits no events. It
// owns the tables webhook_endpoints, webhook_deliveries and webhook_requests. A
// delivery's way:
//
//	event ──> waiting ──answered with 200 to 299──────────────────> delivered
//	           ^ │ │ └──tried for give_up, answered with 410,────────> failed
//	           │ │ │    endpoint switched off                           │
//	           └─┘ └─────────<── sent again by hand, at once ──<────────┘ (or delivered)
//	  another answer, or none: again after a pause that grows
//
// # What always holds
//
//   - One delivery per endpoint and event, written in the transaction that records the
//     event as handled. Handling an event does nothing else: requests are made by one
//     background worker, under a lease, so no endpoint holds up an event.
//   - Every attempt has the same body and the same webhook-id, which is the event's id,
//     and is signed anew. An attempt is noted before it is made: if the process dies
//     before the answer is noted, it is made again. So a receiver may get one twice, and
//     knows it by webhook-id.
//   - Each endpoint has so many requests at once and so many a second, a timeout, and a
//     bound on what is read of its answer. One that hangs delays no other.
//   - Pauses grow fourfold from retry_first to retry_most, and differ by a fifth, so that
//     what failed together does not come back together. Retry-After is kept to.
//   - An endpoint to which every request failed for give_up (3 days), or that answered
//     410, is switched off: its list and the log say so. Staff switch it on again; what
//     happened meanwhile is not told to it, but each delivery that failed can be sent
//     again.
//   - An endpoint is connected to by https and at public addresses only, which is checked
//     when it is connected to; no redirect is followed and no proxy used. The setting
//     allow_private is for trials on one machine.
//   - A secret is shown when it is made. One that is replaced is used beside the new one
//     for as long as asked for.
//   - Deliveries are deleted keep_deliveries after they ended. Those of order.placed hold
//     the address that the goods go to; see package message for what is sent, and why.
//
// # What it does not do
//
// It does not keep the order of events: a delivery that is tried again comes after later
// ones, so receivers look at timestamp. It sends nothing for what happened before an
// endpoint was made. It does not sign with public keys (v1a). Secrets are in its
// database as they are, because requests are signed with them: a person who can read the
// database can forge requests. Reasons are in docs/adr/0026.
package webhooks
