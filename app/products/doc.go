// Package products brings a product file into the shop.
//
// A product file is CSV with a header line. Columns are found by name, in any
// order and case; those nobody knows are passed over:
//
//	sku          letters, digits, '-', '_', '.'; unique in the file
//	name
//	description  optional
//	category     free text; its slug is made of it: "Home & Décor", home-and-decor
//	tags         optional, separated by '|'
//	price        decimal, in the currency's major unit: 12.90
//	currency     ISO 4217
//	stock        pieces on the shelf
//	image        optional, name of a picture of the shop, mug.jpg, or /pictures/mug.jpg
//
// Reading goes row by row, and importing batch by batch, so a file of any size
// takes little memory. A bad row is reported with its line and reason and stops
// no other.
//
// # Repeating an import
//
// An import writes products by sku, so importing a file again changes nothing,
// and importing one that was stopped half-way completes it. Everything in a
// row is written, a missing optional column as empty.
//
// The stock column is a count of the shelf, not a delivery: every import sets
// what is on hand to it, the second one too. What is reserved or sold lies
// elsewhere and is not touched. So importing yesterday's file today puts
// yesterday's count back on the shelf; count again, or leave out what was sold.
package products
