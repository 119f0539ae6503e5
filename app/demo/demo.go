package demo

import (
	"bytes"
	"cmp"
	"embed"
	"encoding/csv"
	"io"
	"io/fs"
	"slices"
)

//go:embed products.csv
var products []byte

//go:embed pictures/*.svg
var pictures embed.FS

// Columns are the columns of a catalogue file, in order: tags are separated by
// "|", the price is decimal in the currency's major unit, stock is a count of
// pieces and image a file name without a folder.
func Columns() []string {
	return []string{"sku", "name", "description", "category", "tags", "price", "currency", "stock", "image"}
}

// CSV is the demo catalogue as an import file, with a header line: Columns, and then
// product and options, for the rows that are sizes and colours of one product. Each
// call gives a reader of its own.
func CSV() io.Reader { return bytes.NewReader(products) }

// Size is how many products the demo catalogue has, and how many variants: the rows of
// CSV, of which a product in sizes or colours has several.
func Size() (count, variants int) {
	rows, err := csv.NewReader(CSV()).ReadAll()
	if err != nil {
		panic(err) // the file is part of the program
	}
	header, rows := rows[0], rows[1:]
	sku, product := slices.Index(header, "sku"), slices.Index(header, "product")
	different := map[string]bool{}
	for _, row := range rows {
		different[cmp.Or(row[product], row[sku])] = true
	}
	return len(different), len(rows)
}

// Pictures holds the drawings named in the image column, at its root. They are
// SVG files that refer to nothing outside themselves and hold no script, style
// or text, so they show under a strict Content-Security-Policy.
func Pictures() fs.FS {
	sub, err := fs.Sub(pictures, "pictures")
	if err != nil {
		panic(err) // only an invalid path can fail, and ours is the constant above
	}
	return sub
}

// Category is a department of the demo shop.
type Category struct {
	Slug  string // as in the category column and in addresses: "lighting"
	Name  string // for people: "Lighting"
	Intro string // one sentence for the top of the department's page
}

// Categories are the departments of the demo catalogue in the order in which
// they should be shown. The slice is the caller's.
func Categories() []Category { return slices.Clone(categories) }

var categories = []Category{
	{"lighting", "Lighting", "Lamps for reading, for dining and for leaving on when you go out."},
	{"kitchen", "Kitchen", "Pots, blades and cups that earn their place on the counter."},
	{"stationery", "Stationery", "Paper, ink and the small tools of a well-kept desk."},
	{"bags", "Bags & Travel", "For the commute, the weekend and the weather in between."},
	{"garden", "Garden", "Tools that last, pots that breathe and a chair for afterwards."},
	{"audio", "Audio & Music", "Things to listen with, and a few to play yourself."},
	{"games", "Toys & Games", "Wooden, woollen and worth keeping for the next child."},
	{"textiles", "Textiles", "Linen, wool and velvet for warm feet and dry glasses."},
}
