// Package inventory keeps how many of each thing there are, and who was
// promised them.
//
// It offers inventory.v1: stock by sku, counting and receiving goods, and the
// life of a reservation:
//
//	(none) ──reserve──> held ──commit──> committed
//	   │                │ ^ │                │
//	   │          expire│ ╎ │release         │release (restock)
//	   │                v ╎ v                v
//	   │           expired──release──> released
//	   └──────────release────────────────^
//
// It needs no other module and emits no events. It owns the tables stock,
// reservations and deliveries.
//
// # What always holds
//
// For every sku, on hand + reserved + sold = received, and none is negative.
// Goods move between these columns by updates that are conditional on the goods
// being there, and the table's checks stand behind them. An order's goods are
// taken all together or not at all, and no two orders get the same item.
//
// Reserve, Commit and Release may come in any order, repeated, late or at once:
// the reservation's row, one per order for ever, decides. A release that comes
// first leaves a row that refuses the reserve that comes after.
//
// Overdue goods go back to the shelf in batches, in the background, in one
// process at a time. Committing an overdue reservation takes the goods again,
// or says that they are gone.
//
// # What it does not do
//
// It does not know products, prices or orders: a sku it never heard of is out
// of stock. It has one warehouse. It does not ship: goods are sold when an
// order is certain, and restocked when a sold order is cancelled before it
// left. Reservations are kept for ever; they are what makes repeats safe.
package inventory
