package console

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"galleria/app/console/internal/view"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/money"
)

const (
	// mostVariants is how many variants a product may have, and moreVariants how many empty
	// ones a form has for new ones.
	mostVariants = 100
	moreVariants = 2
)

// pricesText writes prices as a field has them: "EUR 12.50 was 15.00, USD 14.00".
func pricesText(prices []*catalogv1.Price) string {
	var all []string
	for _, p := range prices {
		text := p.GetCurrencyCode() + " " + plainAmount(p.GetCurrencyCode(), p.GetAmountMinor())
		if p.GetCompareAtMinor() > 0 {
			text += " was " + plainAmount(p.GetCurrencyCode(), p.GetCompareAtMinor())
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

// pricesTyped reads them. A number without a currency is in the shop's.
func pricesTyped(text, currency string) ([]*catalogv1.Price, error) {
	var prices []*catalogv1.Price
	for _, part := range split(text, ",") {
		words := strings.Fields(part)
		if len(words) > 0 && len(words)%2 == 1 {
			words = append([]string{currency}, words...)
		}
		if len(words) != 2 && (len(words) != 4 || words[2] != "was") {
			return nil, fmt.Errorf("%q is no price; write it like EUR 12.50, or EUR 12.50 was 15.00 for a price that was lowered", part)
		}
		code := strings.ToUpper(words[0])
		now, err := money.Parse(words[1], code)
		if err != nil {
			return nil, fmt.Errorf("%q is no price: %w", part, err)
		}
		p := &catalogv1.Price{CurrencyCode: code, AmountMinor: now.Minor()}
		if len(words) == 4 {
			was, err := money.Parse(words[3], code)
			if err != nil {
				return nil, fmt.Errorf("%q is no price: %w", part, err)
			}
			p.CompareAtMinor = was.Minor()
		}
		prices = append(prices, p)
	}
	return prices, nil
}

// split is the parts of a text that are not empty, without space around them.
func split(text, by string) (parts []string) {
	for _, part := range strings.Split(text, by) {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}

// productValues are the fields of a form that shows a product.
func productValues(p *catalogv1.Product) url.Values {
	v := url.Values{}
	v.Set("name", p.GetName())
	v.Set("slug", p.GetSlug())
	v.Set("description", p.GetDescription())
	v.Set("category", p.GetCategory())
	v.Set("tags", strings.Join(p.GetTags(), ", "))
	for i, picture := range p.GetPictures() {
		v.Set(pictureField(i, "name"), picture.GetName())
		v.Set(pictureField(i, "alt"), picture.GetAlt())
		v.Set(pictureField(i, "at"), strconv.Itoa(i+1))
	}
	var facts, options []string
	for _, a := range p.GetAttributes() {
		facts = append(facts, a.GetName()+": "+a.GetValue())
	}
	for _, o := range p.GetOptions() {
		options = append(options, o.GetName()+": "+strings.Join(o.GetValues(), ", "))
	}
	v.Set("attributes", strings.Join(facts, "\n"))
	v.Set("options", strings.Join(options, "\n"))
	v.Set("active", yes(p.GetActive()))
	for i, variant := range p.GetVariants() {
		set := func(name, value string) { v.Set(variantField(i, name), value) }
		set("sku", variant.GetSku())
		set("options", strings.Join(variant.GetOptionValues(), ", "))
		set("prices", pricesText(variant.GetPrices()))
		set("weight", whole(int64(variant.GetWeightGrams())))
		set("tax", variant.GetTaxClass())
		set("picture", variant.GetPicture())
		set("active", yes(variant.GetActive()))
	}
	return v
}

// mostPictures is how many a product may have.
const mostPictures = 10

func pictureField(i int, name string) string { return "p" + strconv.Itoa(i) + "-" + name }

func variantField(i int, name string) string { return "v" + strconv.Itoa(i) + "-" + name }

func yes(set bool) string {
	if set {
		return "yes"
	}
	return ""
}

// fill gives fields what was typed, and what is wrong with it.
func fill(fields []view.Field, v url.Values, wrong fieldProblems) {
	for i := range fields {
		f := &fields[i]
		f.Value, f.Problem = v.Get(f.Name), wrong[f.Name]
		f.Checked = f.Value != ""
	}
}

// typed is a product as a form has it, and where in the form its parts are.
type typed struct {
	product *catalogv1.Product
	// pictures are the fields that say something of the pictures, and variants the numbers
	// that variants have in the form.
	pictures []string
	variants []int
	wrong    fieldProblems
}

// productTyped reads a form. Variants without a sku are left out. All that can't be read is
// told.
func productTyped(v url.Values, currency string) *typed {
	get := func(name string) string { return strings.TrimSpace(v.Get(name)) }
	p := &catalogv1.Product{
		Name: get("name"), Slug: get("slug"), Description: get("description"), Category: get("category"), Tags: split(get("tags"), ","),
		Active: get("active") != "",
	}
	t := &typed{product: p, wrong: fieldProblems{}}
	t.readPictures(v)
	for _, line := range split(get("attributes"), "\n") {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			t.wrong.add("attributes", "The fact %q has no colon; write it like Material: Oak.", line)
		}
		p.Attributes = append(p.Attributes, &catalogv1.Attribute{Name: strings.TrimSpace(name), Value: strings.TrimSpace(value)})
	}
	for _, line := range split(get("options"), "\n") {
		name, values, ok := strings.Cut(line, ":")
		if !ok {
			t.wrong.add("options", "The option %q has no colon; write it like Size: S, M, L.", line)
		}
		p.Options = append(p.Options, &catalogv1.Option{Name: strings.TrimSpace(name), Values: split(values, ",")})
	}
	for i := range mostVariants + moreVariants {
		field := func(name string) string { return get(variantField(i, name)) }
		if field("sku") == "" {
			if field("prices") != "" {
				t.wrong.add(variantField(i, "sku"), "There is a price and no sku.")
			}
			continue
		}
		variant := &catalogv1.Variant{Sku: field("sku"), OptionValues: split(field("options"), ","), TaxClass: field("tax"), Picture: field("picture"), Active: field("active") != ""}
		var err error
		if variant.Prices, err = pricesTyped(field("prices"), currency); err != nil {
			t.wrong.add(variantField(i, "prices"), "%v.", err)
		}
		if text := field("weight"); text != "" {
			weight, err := strconv.ParseInt(text, 10, 32)
			if err != nil {
				t.wrong.add(variantField(i, "weight"), "%q is no whole number of grams.", text)
			}
			variant.WeightGrams = int32(weight)
		}
		p.Variants, t.variants = append(p.Variants, variant), append(t.variants, i)
	}
	return t
}

// readPictures reads the pictures that stay, in their new order. One that was moved goes
// before the one that is at its place when it moves forward, and behind it when it moves
// back. Names of pictures that are added come last.
func (t *typed) readPictures(v url.Values) {
	type placed struct {
		*catalogv1.Picture
		field string
		at    float64
	}
	var all []placed
	for i := range mostPictures {
		name, at := strings.TrimSpace(v.Get(pictureField(i, "name"))), v.Get(pictureField(i, "at"))
		if name == "" || at == takeOut {
			continue
		}
		place := float64(i + 1)
		if n, err := strconv.Atoi(at); err == nil && n < i+1 {
			place = float64(n) - 0.5
		} else if err == nil && n > i+1 {
			place = float64(n) + 0.5
		}
		all = append(all, placed{&catalogv1.Picture{Name: name, Alt: strings.TrimSpace(v.Get(pictureField(i, "alt")))}, pictureField(i, "alt"), place})
	}
	slices.SortStableFunc(all, func(a, b placed) int { return cmp.Compare(a.at, b.at) })
	for _, name := range split(v.Get(addPictures), ",") {
		all = append(all, placed{&catalogv1.Picture{Name: name}, addPictures, 0})
	}
	for _, one := range all {
		t.product.Pictures, t.pictures = append(t.product.Pictures, one.Picture), append(t.pictures, one.field)
	}
}

// addPictures is the field that names pictures to add.
const addPictures = "add-pictures"

// takeOut is the place of a picture that the product has no longer.
const takeOut = "out"

// pictureFields are the form's pictures, with what was typed.
func pictureFields(v url.Values, wrong fieldProblems) (pictures []view.Picture) {
	count := 0
	for count < mostPictures && v.Get(pictureField(count, "name")) != "" {
		count++
	}
	var places []view.Option
	for i := range count {
		n := strconv.Itoa(i + 1)
		place := view.Option{Value: n, Name: n}
		if i == 0 {
			place.Name = "1, also in lists"
		}
		places = append(places, place)
	}
	places = append(places, view.Option{Value: takeOut, Name: "not any more"})
	for i := range count {
		name := v.Get(pictureField(i, "name"))
		fields := []view.Field{
			{Name: pictureField(i, "name"), Kind: "hidden"},
			{Name: pictureField(i, "alt"), Label: "What it shows, for people who don't see it (empty: the product's name)", Kind: "text", Most: 512},
			{Name: pictureField(i, "at"), Label: "Its place", Kind: "select", Options: places},
		}
		fill(fields, v, wrong)
		pictures = append(pictures, view.Picture{Name: name, Address: "/pictures/" + url.PathEscape(name), Fields: fields})
	}
	return pictures
}

// productFields are the form's fields, with what was typed.
func productFields(v url.Values, wrong fieldProblems, variants int) (about []view.Field, each [][]view.Field) {
	about = []view.Field{
		{Name: "name", Label: "Name", Kind: "text", Required: true, Most: 200},
		{Name: "slug", Label: "Place in the address of its page (made of the name when empty)", Kind: "text", Most: 200},
		{Name: "category", Label: "Category (its short name, like lamps; a new one is made)", Kind: "text", Required: true, Most: 64},
		{Name: "description", Label: "Description", Kind: "textarea", Most: 5000},
		{Name: "tags", Label: "Tags, with commas between", Kind: "text"},
		{Name: "attributes", Label: "Facts, one on a line, like Material: Oak", Kind: "textarea"},
		{Name: "options", Label: "What its variants differ in, one on a line, like Size: S, M, L", Kind: "textarea"},
		{Name: "active", Label: "It is listed and sold", Kind: "checkbox"},
	}
	fill(about, v, wrong)
	for i := range min(variants, mostVariants) {
		fields := []view.Field{
			{Name: variantField(i, "sku"), Label: "Sku", Kind: "text", Most: 64},
			{Name: variantField(i, "options"), Label: "Its options, in their order, like M, Red", Kind: "text"},
			{Name: variantField(i, "prices"), Label: "Prices, like EUR 12.50 was 15.00, USD 14", Kind: "text"},
			{Name: variantField(i, "weight"), Label: "Weight in grams", Kind: "text"},
			{Name: variantField(i, "tax"), Label: "Tax class (empty: the standard rate)", Kind: "text", Most: 32},
			{Name: variantField(i, "picture"), Label: "Picture (empty: the product's first)", Kind: "text"},
			{Name: variantField(i, "active"), Label: "It is sold", Kind: "checkbox"},
		}
		fill(fields, v, wrong)
		each = append(each, fields)
	}
	return about, each
}
