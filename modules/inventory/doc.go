// Package inventory keeps how many of each thing there are and where, and which
// order they are kept for.
//
// It offers inventory.v1: levels by sku and location, counting, receiving and
// adjusting goods, the movements behind the levels, and the life of an order's goods:
//
//	           ┌──────────expires──────────┐
//	           │                           v
//	(none) ──allocate──> open <──again── expired
//	           │          │ └──ship──> shipped
//	           │       release             │
//	           │          v                │
//	           └─────> released <──────────┘
//
// Goods can be shipped and released in parts; the drawing is that of one piece.
//
// It needs no other module. It emits StockLow when what is available of a sku falls
// to low_at, in the transaction in which it falls. It owns the tables levels,
// movements, holds, allocations and stock_requests.
//
// # What always holds
//
// For every sku and location, on hand is the sum of the movements, allocated is the
// sum of what is kept for orders, 0 <= allocated <= on hand, and what can be sold is
// the difference. Movements are only ever added. Levels change by updates that are
// conditional on the goods being there, and the table's checks stand behind them. An
// order's goods are taken all together or not at all, and no two orders get the same
// piece. Audit compares all of that.
//
// Allocate, Release and Ship may come in any order, repeated, late or at once: the
// order's row in holds decides. A release that comes first leaves a row that refuses
// the allocation that comes after. An end only ever moves to later, and an allocation
// without end stays so, so that a late repeat takes no goods from a paid order.
//
// An order whose allocation has an end, one not paid yet, may hold a share of what can be
// sold (max_unpaid_share), by default half of it, and ten pieces in any case: so no order
// that is never paid takes all of a product from the others, and the last pieces are sold.
// How many such orders one client may have is the business of orders.
//
// Goods whose hold has ended are given back in batches, in the background, in one
// process at a time.
//
// # What it does not do
//
// It does not know products, prices or payments: a sku it never heard of is out of
// stock. It does not choose the location that is best for a delivery: "main" comes
// first, then the others by name. The contract says at each method who may call it;
// every movement says who did.
//
// Orders that keep nothing any more and idempotency keys are forgotten after the
// setting remember_for; movements are kept for ever, they are the books.
package inventory
