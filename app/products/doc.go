// Package products brings product files into the shop, and writes them.
//
// A product file is CSV with a header line, in UTF-8. UTF-16, Windows-1252, and
// semicolons or tabs between the columns are recognised, and said in the result.
// Columns are found by name, in any order and case; unknown ones are passed over. Only sku
// must be there, and for products that are new name, category, price and currency:
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
//	             whose address it is; one that is there keeps the address it has, when
//	             it had that one before or a row has one of its skus. A sku that the
//	             shop has in another product stays there, which the result says. Rows of a
//	             new product should follow one another: what is made of some of them before
//	             the others are read is theirs, too. The first row
//	             describes the product: when that is bad, one that is there keeps
//	             its description until the row is mended
//	options      optional, what sets a variant apart: Size=M|Colour=Red
//	compare_at   optional, what it cost before, as price
//	weight_grams optional
//	tax_class    optional
//	active       optional, yes or no: whether the variant is sold. A product is
//	             when one of its variants is, unless product_active says otherwise
//
// and those that an export writes besides, all optional:
//
//	price in USD       what it costs in that currency; empty: not sold in it. With such
//	compare_at in USD  columns the file needs no price and currency
//	stock at berlin    pieces at a location; stock is the one called "main"
//	category_name      what shoppers call a category that is new
//	attributes         facts about the product: Material=Oak|Care=Wash
//	pictures           all pictures of the product; image then is the variant's own
//	picture_alts       what they show, for people who don't see them: mug.jpg=A blue mug.
//	                   Without the column, pictures that stay keep their texts
//	choices            values of the options in the order they are offered: Size=S|Size=M
//	product_active     yes or no; no: the product is withdrawn, with all its variants
//
// In cells with several texts a backslash before '|', '=' or another backslash makes it
// a part of the text.
//
// Product exports of Shopify (shopify.go) and WooCommerce (woocommerce.go) are
// recognised by their header line. Their rows are turned into rows of a product file;
// what can't be carried over is said in the result.
//
// Reading goes row by row, and importing batch by batch, so a file of any size
// takes little memory (of a WooCommerce file, the products with variants are kept, and of
// a delivery that is taken in whole or not at all, the skus and their pieces).
// While the stock of one batch is written, the products of the next one are, and the
// one behind it is read. A bad row is reported with its line and reason and stops no other.
//
// # Repeating an import
//
// An import changes the variant with the row's sku, and, where that is the only one
// or the file has a column product, the product around it. Importing a file again
// changes nothing, and importing one that was stopped half-way completes it. What others
// change of a product meanwhile stays, where the file says nothing of it. A
// column that is absent leaves things as they are; an empty cell clears, but one of
// stock leaves the stock alone.
//
// The stock column is written for skus that have no stock yet only, so that
// yesterday's file does not put back what was sold since. Options.Stock takes it
// for a count of the shelves or for a delivery instead (delivery.go). What is allocated to
// orders is never taken away.
//
// # Exporting
//
// An export has all that is above, of all products. So importing it changes nothing in
// the shop it comes from, and makes an empty shop whose export is the same, byte for
// byte. It does not have what the catalog does not tell (former addresses), or what a
// new shop has of its own: ids, times, and the places and introductions of categories.
package products
