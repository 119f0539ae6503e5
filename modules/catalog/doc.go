// Package catalog is what the shop sells: products, and the categories they
// are in.
//
// A product has a page and is sold as its variants: "M / Red". A plain product
// has one. What sells them (cart, pricing, orders) asks for offers: one variant in
// one currency, and whether it can be bought.
//
// It offers catalogv1.CatalogService, needs no other module, emits no events, and owns its
// tables catalog_products, variants, categories, deletions, earlier_products and catalog_state.
//
// # Reading
//
// Reads are answered from memory, from a shelf: the whole catalog, arranged
// for what pages ask. A shelf never changes; a change makes a new one, and an
// atomic pointer says which one is current. Products lie packed in it, one text each,
// and messages are made anew for every call: that costs less than it sounds (a page of
// 24 products: under 20 µs), and nothing that lies in memory is ever handed out.
//
//	UpsertProducts ──> raise version · plan · write rows ──> commit
//	                     │ (one row's lock: writers queue)      │
//	                     │                                      ├─> this process: shows what it wrote
//	                     └ rows are marked with the version     └─> others: poll the version every 200 ms,
//	                                                                reload rows marked higher
//
// Who changes a product, and shows it after the change, may be answered by two processes:
// such a caller asks for it as it is stored now (GetProductsRequest.current), and any
// process looks at the version before it answers.
//
// # Invariants
//
//   - No two variants have the same sku, and no two products the same slug. Slugs
//     made from names get a number when taken.
//   - A product keeps its slug when its name changes, so that addresses stay. An
//     upsert that names another slug changes it; the former one (of the last 20)
//     still finds the product, until another product has it.
//   - Every product's category exists. One that was not described is named
//     after its slug and comes after those with a position. One that has
//     products can't be deleted.
//   - A withdrawn category is not listed, nor are products by it. Its products are sold
//     and found by other ways as before.
//   - What an upsert would not change is not written, and does not count as
//     updated.
//   - What a product said before its last changes is kept in the database, and not in
//     memory, so that a change can be taken back; of imports it is not.
//   - Newest first is the order of creation. Within one upsert the last
//     product is the newest.
//   - A change costs what it changes: the shelf shares the rest with the one before.
//   - A list or search looks at each product once, by columns: some nanoseconds for
//     each, 1 to 2 ms for 100,000. The last answers are remembered until the next change.
//
// # Searching
//
// All words must appear, in any of the fields: in another number ("lamps" finds a
// lamp), as the beginning of a word, or, when nothing has that, with one typing
// error. Capitals, accents and punctuation do not matter. What matches better
// comes first: the word before its beginning, the name before tags, category and
// options, those before the sku, and that before the description.
//
// A list can tell what its products have in common (facets): categories, options, tags
// and the range of prices, each with the number of products. They are counted only when
// they are asked for.
//
// # What it deliberately does not do
//
// It knows nothing of stock, and it does not convert currencies. Page tokens
// hold the place where a page ended, not a number of rows to skip: products
// that come and go between two pages make nothing show twice or be left out.
// A product whose place itself changes (its price, in a list by price) is
// where it now belongs.
package catalog
