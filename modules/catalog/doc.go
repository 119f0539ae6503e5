// Package catalog is what the shop sells: products, and the categories they
// stand in.
//
// It offers catalogv1.CatalogService, needs nobody, emits no events, and owns
// its tables products, categories and catalog_state.
//
// # Reading
//
// Reads are answered from memory, from a shelf: the whole catalog, arranged
// for what pages ask. A shelf never changes; a change makes a new one, and an
// atomic pointer says which one is current. Messages are made anew for every
// call. That costs less than it sounds (a page of 24 products: under 10 µs),
// so nothing that lies in memory is ever handed out.
//
//	UpsertProducts ──> raise version · plan · write rows ──> commit
//	                     │ (one row's lock: writers queue)      │
//	                     │                                      ├─> this process: reload now
//	                     └ rows are marked with the version     └─> others: poll the version every 200 ms,
//	                                                                reload rows marked higher
//
// # Invariants
//
//   - A sku is one product, for ever: there is no deleting, only active or not.
//   - No two products have the same slug. Slugs made from names get a number
//     when taken. A product keeps its slug when its name changes, so that
//     addresses stay; an upsert that names another slug changes it, also when
//     two products exchange theirs.
//   - Every product's category exists. One that nobody described is named
//     after its slug and stands behind those that somebody placed.
//   - What an upsert would not change is not written, and does not count as
//     updated.
//   - Newest first is the order of creation. Within one upsert the last
//     product is the newest.
//
// # Searching
//
// All words must appear, in any of the fields, also inside longer words;
// capitals and accents do not matter. Better name matches stand first: the
// word itself, then one that begins with it, then one that contains it.
//
// # What it deliberately does not do
//
// It knows nothing of stock, and it does not convert currencies. Page tokens
// hold the place where a page ended, not a number of rows to skip: products
// that come and go between two pages make nothing show twice or be left out.
// A product whose place itself changes (its price, in a list by price) is
// where it now belongs.
package catalog
