// Package products brings a product file into the shop.
//
// A product file is CSV with a header line, in UTF-8. UTF-16, Windows-1252, and
// semicolons or tabs between the columns are recognised, and said in the result. Columns are found by name, in any
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
//	product      optional; rows with the same value are variants of one product,
//	             whose address it is. Its first row describes the product
//	options      optional, what sets a variant apart: Size=M|Colour=Red
//	compare_at   optional, what it cost before, as price
//	weight_grams optional
//	tax_class    optional
//	active       optional, yes or no
//
// Reading goes row by row, and importing batch by batch, so a file of any size
// takes little memory. A bad row is reported with its line and reason and stops
// no other.
//
// # Repeating an import
//
// An import changes the variant with the row's sku, and, where that is the only one
// or the file has a column product, the product around it. Importing a file again
// changes nothing, and importing one that was stopped half-way completes it. A
// column that is absent leaves things as they are; an empty cell clears.
//
// The stock column is written for skus that have no stock yet only, so that
// yesterday's file does not put back what was sold since. Options.Stock takes it
// for a count of the shelves or for a delivery instead. What is allocated to orders
// is never taken away.
package products
