package products

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// wooCommerce reads product exports of WooCommerce.
//
// A product with variants is a row of type variable, which describes it, and a row of
// type variation for each variant, which names its parent by sku or as id:17:
//
//	ID  Type       SKU      Name       Regular price  Parent  Attribute 1 name  Attribute 1 value(s)
//	17  variable   SHIRT    Shirt                             Size              S, M
//	18  variation  SHIRT-S  Shirt - S  49             SHIRT   Size              S
type wooCommerce struct {
	origin
	weight  string             // column of the weight
	unit    string             // and its unit
	parents map[string]*parent // by id and by sku
	slugs   map[string]bool    // of the products so far
}

// parent is a product of type variable.
type parent struct {
	about      map[string]string
	weight     string
	taxClass   string
	attributes []wooAttribute
}

type wooAttribute struct {
	name   string
	values []string
}

func isWooCommerce(o origin) bool {
	return o.has("type") && o.has("name") && o.has("regular price") && o.has("sku")
}

func newWooCommerce(o origin) (*wooCommerce, *heading) {
	w := &wooCommerce{origin: o, weight: "weight (kg)", unit: "kg", parents: map[string]*parent{}, slugs: map[string]bool{}}
	for unit := range gramsIn {
		if name := "weight (" + unit + ")"; o.has(name) {
			w.weight, w.unit = name, unit
		}
	}
	return w, o.heading(map[string][]string{
		"product": nil, "sku": nil, "name": nil, "category": nil, "price": nil, "currency": nil, "stock": nil, "options": nil, "choices": nil,
		"compare_at": {"sale price"}, "description": {"description", "short description"}, "tags": {"tags"}, "attributes": {"attribute 1 name"},
		"pictures": {"images"}, "image": {"images"}, "weight_grams": {w.weight}, "tax_class": {"tax class"}, "active": {"published"}, "product_active": {"published"},
	})
}

func (w *wooCommerce) take(r record) []translated {
	types := list(strings.ToLower(r.cell("type")))
	switch {
	case slices.Contains(types, "variable"):
		p := w.parent(r)
		w.parents["id:"+r.cell("id")] = p
		if sku := r.cell("sku"); sku != "" {
			w.parents[sku] = p
		}
		return nil // its variations are rows
	case slices.Contains(types, "variation"):
		return []translated{w.variation(r)}
	case slices.Contains(types, "simple"), len(types) == 0:
		return []translated{w.simple(r)}
	}
	w.said.note(fmt.Sprintf("product of type %s, which can't be sold here: left out", strings.Join(types, ", ")))
	return nil
}

func (w *wooCommerce) rest() []translated { return nil }

func (w *wooCommerce) notices() []string { return w.said.notices() }

func (w *wooCommerce) parent(r record) *parent {
	return &parent{about: w.about(r), weight: r.cell(w.weight), taxClass: r.cell("tax class"), attributes: w.attributes(r)}
}

// about are the cells that describe a product.
func (w *wooCommerce) about(r record) map[string]string {
	categories := list(r.cell("categories"))
	if len(categories) > 1 {
		w.said.add("category beyond a product's first one: left out", len(categories)-1)
	}
	category := "Other"
	if len(categories) > 0 {
		category = w.said.category(categories[0])
	}
	text := func(column string) string { // ends of lines are written as \n
		return w.said.text(strings.NewReplacer(`\\n`, `\n`, `\n`, "\n").Replace(r.cell(column)), true)
	}
	description, short := text("description"), text("short description")
	if description != "" && short != "" && short != description {
		w.said.note("short description beside the description: left out")
	}
	published := r.cell("published")
	pictures, _ := w.said.pictures(list(r.cell("images")), nil)
	return map[string]string{
		"product": w.slug(r), "name": r.cell("name"), "category": category, "currency": w.currency,
		"description": cmp.Or(description, short), "tags": joinCell(list(r.cell("tags"))), "pictures": joinCell(pictures),
		"product_active": yesNo(!isNo(published)), "active": "yes",
	}
}

// slug tells products apart, as a name need not: those after the first one of a name
// have their sku or id behind it.
func (w *wooCommerce) slug(r record) string {
	slug := cmp.Or(Slug(r.cell("name")), Slug(r.cell("sku")))
	if w.slugs[slug] {
		slug = strings.Trim(slug+"-"+cmp.Or(Slug(r.cell("sku")), Slug(r.cell("id")), fmt.Sprint(r.line)), "-")
	}
	w.slugs[slug] = true
	return slug
}

func (w *wooCommerce) attributes(r record) (all []wooAttribute) {
	for n := 1; w.has(fmt.Sprintf("attribute %d name", n)); n++ {
		a := wooAttribute{name: r.cell(fmt.Sprintf("attribute %d name", n)), values: list(r.cell(fmt.Sprintf("attribute %d value(s)", n)))}
		if a.name != "" {
			all = append(all, a)
		}
	}
	return all
}

func (w *wooCommerce) simple(r record) translated {
	p := w.parent(r)
	cells := p.about
	cells["attributes"] = facts(p.attributes, nil)
	if cells["sku"] = r.cell("sku"); cells["sku"] == "" {
		cells["sku"] = w.said.sku(cells["product"], nil)
	}
	w.sell(r, cells, p)
	return translated{line: r.line, cells: cells}
}

func (w *wooCommerce) variation(r record) translated {
	p := w.parents[r.cell("parent")]
	if p == nil {
		return translated{line: r.line, bad: fmt.Sprintf("Parent: %q is no product of type variable above it in the file", short(r.cell("parent")))}
	}
	cells := map[string]string{}
	for name, text := range p.about {
		cells[name] = text
	}
	var options []OptionValue
	var names, values []string
	for _, a := range w.attributes(r) {
		if len(a.values) != 1 {
			return translated{line: r.line, bad: fmt.Sprintf("%s: the variation is for any value of it; here each value is a variant of its own", a.name)}
		}
		options = append(options, OptionValue{Name: a.name, Value: a.values[0]})
		names, values = append(names, a.name), append(values, a.values[0])
	}
	var choices []OptionValue
	for _, a := range p.attributes {
		for _, value := range a.values {
			if slices.Contains(names, a.name) {
				choices = append(choices, OptionValue{Name: a.name, Value: value})
			}
		}
	}
	cells["options"], cells["choices"], cells["attributes"] = joinPairs(options), joinPairs(choices), facts(p.attributes, names)
	if cells["sku"] = r.cell("sku"); cells["sku"] == "" || w.parents[cells["sku"]] != nil {
		cells["sku"] = w.said.sku(cells["product"], values)
	}
	cells["active"] = yesNo(!isNo(r.cell("published")))
	if pictures, _ := w.said.pictures(list(r.cell("images")), nil); len(pictures) > 0 {
		cells["image"] = pictures[0]
	}
	w.sell(r, cells, p)
	return translated{line: r.line, cells: cells}
}

// facts are the attributes that are no options.
func facts(attributes []wooAttribute, options []string) string {
	var pairs []OptionValue
	for _, a := range attributes {
		if !slices.Contains(options, a.name) && len(a.values) > 0 {
			pairs = append(pairs, OptionValue{Name: a.name, Value: strings.Join(a.values, ", ")})
		}
	}
	return joinPairs(pairs)
}

// sell fills in what it costs and how many there are.
func (w *wooCommerce) sell(r record, cells map[string]string, p *parent) {
	regular, sale := amountText(r.cell("regular price")), amountText(r.cell("sale price"))
	cells["price"] = regular
	switch {
	case sale == "":
	case r.cell("date sale price starts") != "" || r.cell("date sale price ends") != "":
		w.said.note("sale price for a time: the regular price is taken; galleria promotions add makes a promotion for a time")
	default:
		cells["price"], cells["compare_at"] = sale, regular
	}
	cells["weight_grams"] = grams(cmp.Or(r.cell(w.weight), p.weight), w.unit)
	class := r.cell("tax class")
	if class == "parent" {
		class = p.taxClass
	}
	if class = strings.TrimSuffix(class, "-rate"); class != "standard" {
		cells["tax_class"] = class
	}
	if slices.Contains([]string{"none", "shipping"}, r.cell("tax status")) {
		w.said.note(untaxed)
	}
	cells["stock"] = count(r.cell("stock"))
	if isOversold(r.cell("stock")) {
		w.said.note(oversold)
	}
	switch {
	case cells["stock"] == "parent":
		cells["stock"] = ""
		w.said.note("variation that shares its parent's stock: none is written, so it is sold out until some is")
	case cells["stock"] != "":
	case isNo(r.cell("in stock?")):
		cells["stock"] = "0"
	default:
		w.said.note(uncounted)
	}
}
