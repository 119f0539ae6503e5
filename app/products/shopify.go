package products

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// shopify reads product exports of Shopify, the older and the newer header line.
//
// Rows with the same handle are one product. The first one describes it; each row
// with a price is a variant, and a row may be there for a picture alone:
//
//	Handle  Title  Option1 Name  Option1 Value  Variant SKU  Variant Price  Image Src
//	shirt   Shirt  Size          S              SHIRT-S      49.00          https://…/front.jpg
//	shirt                        M              SHIRT-M      49.00          https://…/back.jpg
//	shirt                                                                   https://…/side.jpg
type shopify struct {
	origin
	group []record // rows of one handle
}

// Their columns, as the older and the newer header line name them.
var (
	theirHandle       = []string{"handle", "url handle"}
	theirBody         = []string{"body (html)", "description"}
	theirPublished    = []string{"published", "published on online store"}
	theirStatus       = []string{"status"}
	theirSKU          = []string{"variant sku", "sku"}
	theirGrams        = []string{"variant grams", "weight value (grams)"}
	theirStock        = []string{"variant inventory qty", "inventory quantity"}
	theirPrice        = []string{"variant price", "price"}
	theirCompareAt    = []string{"variant compare at price", "compare-at price"}
	theirTaxable      = []string{"variant taxable", "charge tax"}
	theirImage        = []string{"image src", "product image url"}
	theirAlt          = []string{"image alt text"}
	theirVariantImage = []string{"variant image", "variant image url"}
)

func isShopify(o origin) bool {
	return o.has(theirHandle...) && o.has("title") && o.has(theirPrice...) && o.has("option1 value")
}

func newShopify(o origin) (*shopify, *heading) {
	return &shopify{origin: o}, o.heading(map[string][]string{
		"product": nil, "sku": nil, "name": nil, "category": nil, "price": nil, "currency": nil, "stock": nil, "options": nil,
		"description": theirBody, "tags": {"tags"}, "attributes": {"vendor"}, "pictures": theirImage, "picture_alts": theirAlt, "image": theirVariantImage,
		"compare_at": theirCompareAt, "weight_grams": theirGrams, "product_active": slices.Concat(theirPublished, theirStatus),
	})
}

func (s *shopify) take(r record) (rows []translated) {
	handle := first(r, theirHandle)
	if len(s.group) > 0 && first(s.group[0], theirHandle) != handle {
		rows = s.rest()
	}
	s.group = append(s.group, r)
	return rows
}

// first is the cell of the column that the file has.
func first(r record, names []string) string {
	for _, name := range names {
		if text := r.cell(name); text != "" {
			return text
		}
	}
	return ""
}

func (s *shopify) rest() (rows []translated) {
	if len(s.group) == 0 {
		return nil
	}
	about := s.product()
	names := s.optionNames()
	for _, r := range s.group {
		if first(r, theirPrice) == "" && first(r, theirSKU) == "" && r.cell("title") == "" && r.cell("option1 value") == "" {
			continue // a picture, which the product has already
		}
		rows = append(rows, s.variant(r, about, names))
	}
	s.group = nil
	return rows
}

// product are the cells that all rows of the product have.
func (s *shopify) product() map[string]string {
	r := s.group[0]
	var addresses, alts []string
	for _, one := range s.group {
		addresses, alts = append(addresses, first(one, theirImage)), append(alts, first(one, theirAlt))
	}
	pictures, texts := s.said.pictures(addresses, alts)
	var facts []OptionValue
	if vendor := r.cell("vendor"); vendor != "" {
		facts = append(facts, OptionValue{Name: "Brand", Value: vendor})
	}
	if strings.EqualFold(r.cell("gift card"), "true") {
		s.said.note("gift card: it is taken for a product like others")
	}
	status := strings.ToLower(first(r, theirStatus))
	active := !isNo(first(r, theirPublished)) && (status == "" || status == "active")
	return map[string]string{
		"product": first(r, theirHandle), "name": r.cell("title"), "description": s.said.text(first(r, theirBody), false),
		"category": cmp.Or(r.cell("type"), s.said.category(r.cell("product category")), "Other"), "currency": s.currency,
		"tags": joinCell(list(r.cell("tags"))), "attributes": joinPairs(facts), "pictures": joinCell(pictures), "picture_alts": joinPairs(texts),
		"product_active": yesNo(active),
	}
}

// optionNames are those of the product; a product without options has one that is
// called Title.
func (s *shopify) optionNames() (names [3]string) {
	for n := range names {
		for _, r := range s.group {
			if names[n] = cmp.Or(names[n], r.cell(fmt.Sprintf("option%d name", n+1))); names[n] != "" {
				break
			}
		}
	}
	if names[0] == "Title" && s.group[0].cell("option1 value") == "Default Title" {
		names[0] = ""
	}
	return names
}

func (s *shopify) variant(r record, about map[string]string, names [3]string) translated {
	cells := map[string]string{}
	for name, text := range about {
		cells[name] = text
	}
	var options []OptionValue
	var values []string
	for n, name := range names {
		value := r.cell(fmt.Sprintf("option%d value", n+1))
		if name != "" && value != "" {
			options = append(options, OptionValue{Name: name, Value: value})
			values = append(values, value)
		}
	}
	cells["options"] = joinPairs(options)
	// A "'" in front keeps a table program from taking digits for a number.
	if cells["sku"] = strings.TrimPrefix(first(r, theirSKU), "'"); cells["sku"] == "" {
		cells["sku"] = s.said.sku(about["product"], values)
	}
	cells["price"], cells["compare_at"] = amountText(first(r, theirPrice)), amountText(first(r, theirCompareAt))
	cells["weight_grams"] = grams(first(r, theirGrams), "g")
	cells["stock"] = count(first(r, theirStock))
	switch {
	case cells["stock"] == "":
		s.said.note(uncounted)
	case isOversold(first(r, theirStock)):
		s.said.note(oversold)
	}
	if isNo(first(r, theirTaxable)) {
		s.said.note(untaxed)
	}
	if picture := s.said.picture(first(r, theirVariantImage)); picture != "" {
		cells["image"] = picture
	}
	return translated{line: r.line, cells: cells}
}

func (s *shopify) notices() []string { return s.said.notices() }

const (
	uncounted = "variant whose stock is not counted there: none is written, so it is sold out until some is"
	oversold  = "variant that was sold more often than it was there: its stock is 0 here"
	untaxed   = "variant without tax there: it has the usual taxes here; its tax_class can say otherwise"
)
