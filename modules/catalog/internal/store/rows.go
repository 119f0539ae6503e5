package store

import (
	"encoding/json"
	"fmt"
	"time"

	"galleria/modules/catalog/internal/product"
)

const (
	productColumns  = "id, slug, former_slugs, name, description, category, tags, attributes, pictures, picture_alts, options, active, created_at, born"
	variantColumns  = "sku, product_id, position, option_values, prices, weight_grams, tax_class, picture, active"
	categoryColumns = "slug, name, intro, position, withdrawn"
)

type productRow struct {
	ID, Slug, FormerSlugs, Name, Description, Category string
	Tags, Attributes, Pictures, Alts, Options          string
	Active                                             bool
	CreatedAt                                          int64
	Born                                               int64
}

// columns are where productColumns are read into.
func (r *productRow) columns() []any {
	return []any{&r.ID, &r.Slug, &r.FormerSlugs, &r.Name, &r.Description, &r.Category, &r.Tags, &r.Attributes, &r.Pictures, &r.Alts, &r.Options,
		&r.Active, &r.CreatedAt, &r.Born}
}

type variantRow struct {
	SKU, ProductID       string
	Position             int64
	OptionValues, Prices string
	WeightGrams          int64
	TaxClass, Picture    string
	Active               bool
}

// columns are where variantColumns are read into.
func (r *variantRow) columns() []any {
	return []any{&r.SKU, &r.ProductID, &r.Position, &r.OptionValues, &r.Prices, &r.WeightGrams, &r.TaxClass, &r.Picture, &r.Active}
}

type categoryRow struct {
	Slug, Name, Intro string
	Position          int64
	Withdrawn         bool
}

// decoder reads lists, and keeps the first thing that is wrong.
type decoder struct{ err error }

func (d *decoder) list(what, text string) (list []string) {
	d.read(what, text, &list)
	return list
}

func (d *decoder) read(what, text string, into any) {
	if text == "[]" || d.err != nil {
		return
	}
	if err := json.Unmarshal([]byte(text), into); err != nil {
		d.err = fmt.Errorf("%s: %w", what, err)
	}
}

// product makes the product of a row and of its variants' rows.
func (d *decoder) product(r *productRow, variants []variantRow) product.Product {
	f := product.Facts{
		ID: r.ID, Slug: r.Slug, Name: r.Name, Description: r.Description, Category: r.Category,
		Tags: d.list("tags of "+r.ID, r.Tags), Active: r.Active,
	}
	alts := d.list("texts of the pictures of "+r.ID, r.Alts)
	for i, name := range d.list("pictures of "+r.ID, r.Pictures) {
		picture := product.Picture{Name: name}
		if i < len(alts) {
			picture.Alt = alts[i]
		}
		f.Pictures = append(f.Pictures, picture)
	}
	var pairs, options [][]string
	d.read("attributes of "+r.ID, r.Attributes, &pairs)
	for _, pair := range pairs {
		if len(pair) == 2 {
			f.Attributes = append(f.Attributes, product.Attribute{Name: pair[0], Value: pair[1]})
		}
	}
	d.read("options of "+r.ID, r.Options, &options)
	for _, o := range options {
		if len(o) < 2 {
			continue
		}
		f.Options = append(f.Options, product.Option{Name: o[0], Values: o[1:]})
	}
	f.Variants = make([]product.Variant, len(variants))
	for i := range variants {
		f.Variants[i] = d.variant(&variants[i])
	}
	created := time.Time{}
	if r.CreatedAt != 0 {
		created = time.UnixMicro(r.CreatedAt)
	}
	return product.Restore(f, d.list("former slugs of "+r.ID, r.FormerSlugs), r.Born, created)
}

func (d *decoder) variant(r *variantRow) product.Variant {
	v := product.Variant{
		SKU: r.SKU, OptionValues: d.list("option values of "+r.SKU, r.OptionValues),
		WeightGrams: int32(r.WeightGrams), TaxClass: r.TaxClass, Picture: r.Picture, Active: r.Active,
	}
	var prices []priceRow
	d.read("prices of "+r.SKU, r.Prices, &prices)
	for _, p := range prices {
		v.Prices = append(v.Prices, product.Price{Currency: p.currency, Amount: p.amount, CompareAt: p.compareAt})
	}
	return v
}

// priceRow is a price as ["EUR",1290,0].
type priceRow struct {
	currency          string
	amount, compareAt int64
}

// MarshalJSON writes the short form.
func (p priceRow) MarshalJSON() ([]byte, error) {
	return json.Marshal([]any{p.currency, p.amount, p.compareAt})
}

// UnmarshalJSON reads it.
func (p *priceRow) UnmarshalJSON(text []byte) error {
	return json.Unmarshal(text, &[]any{&p.currency, &p.amount, &p.compareAt})
}

func encodeProduct(f *product.Facts) (tags, attributes, pictures, alts, options string) {
	var pairs, lists [][]string
	var names, texts []string
	for i, picture := range f.Pictures {
		names = append(names, picture.Name)
		if picture.Alt != "" { // most have none: the list ends with the last one
			texts = append(texts, make([]string, i+1-len(texts))...)
			texts[i] = picture.Alt
		}
	}
	for _, a := range f.Attributes {
		pairs = append(pairs, []string{a.Name, a.Value})
	}
	for _, o := range f.Options {
		lists = append(lists, append([]string{o.Name}, o.Values...))
	}
	return encode(f.Tags), encode(pairs), encode(names), encode(texts), encode(lists)
}

func encodePrices(prices []product.Price) string {
	rows := make([]priceRow, len(prices))
	for i, p := range prices {
		rows[i] = priceRow{p.Currency, p.Amount, p.CompareAt}
	}
	return encode(rows)
}

// encode writes a list. Lists of texts and numbers always marshal.
func encode[T any](list []T) string {
	if len(list) == 0 {
		return "[]"
	}
	text, err := json.Marshal(list)
	if err != nil {
		panic(err)
	}
	return string(text)
}
