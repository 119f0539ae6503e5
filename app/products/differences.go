package products

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/money"
)

// changed tells whether anything of the product is to be written.
func (c *change) changed() bool { return c.before == nil || !proto.Equal(c.before, c.after) }

// isNew tells whether the row makes a variant that was not there.
func (c *change) isNew(r Row) bool { return variant(c.before, r.SKU) == nil }

// differences say for a person what a row changes. What it changes of the product
// around its variant is said with the first row of the product.
func (c *change) differences(r Row) []string {
	if c.isNew(r) {
		return []string{"new"}
	}
	var found []string
	say := func(what, before, after string) {
		if before != after {
			found = append(found, fmt.Sprintf("%s %q → %q", what, before, after))
		}
	}
	if c.rows[0].SKU == r.SKU {
		b, a := c.before, c.after
		say("name", b.GetName(), a.GetName())
		say("category", b.GetCategory(), a.GetCategory())
		say("tags", strings.Join(b.GetTags(), "|"), strings.Join(a.GetTags(), "|"))
		say("image", pictures(b, (*catalogv1.Picture).GetName), pictures(a, (*catalogv1.Picture).GetName))
		say("picture_alts", pictures(b, (*catalogv1.Picture).GetAlt), pictures(a, (*catalogv1.Picture).GetAlt))
		say("product active", fmt.Sprint(b.GetActive()), fmt.Sprint(a.GetActive()))
		say("attributes", attributes(b), attributes(a))
		if b.GetDescription() != a.GetDescription() {
			found = append(found, "description")
		}
	}
	b, a := variant(c.before, r.SKU), variant(c.after, r.SKU)
	say("price", prices(b, (*catalogv1.Price).GetAmountMinor), prices(a, (*catalogv1.Price).GetAmountMinor))
	say("compare_at", prices(b, (*catalogv1.Price).GetCompareAtMinor), prices(a, (*catalogv1.Price).GetCompareAtMinor))
	say("options", strings.Join(b.GetOptionValues(), " / "), strings.Join(a.GetOptionValues(), " / "))
	say("weight_grams", fmt.Sprint(b.GetWeightGrams()), fmt.Sprint(a.GetWeightGrams()))
	say("tax_class", b.GetTaxClass(), a.GetTaxClass())
	say("image", b.GetPicture(), a.GetPicture())
	say("active", fmt.Sprint(b.GetActive()), fmt.Sprint(a.GetActive()))
	return found
}

func prices(v *catalogv1.Variant, of func(*catalogv1.Price) int64) string {
	var all []string
	for _, p := range v.GetPrices() {
		m, err := money.New(p.GetCurrencyCode(), of(p))
		if err != nil {
			continue // the catalog has none of an unknown currency
		}
		all = append(all, m.Decimal()+" "+p.GetCurrencyCode())
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

func pictures(p *catalogv1.Product, of func(*catalogv1.Picture) string) string {
	var all []string
	for _, picture := range p.GetPictures() {
		all = append(all, of(picture))
	}
	return strings.Join(all, "|")
}

func attributes(p *catalogv1.Product) string {
	var pairs []OptionValue
	for _, a := range p.GetAttributes() {
		pairs = append(pairs, OptionValue{Name: a.GetName(), Value: a.GetValue()})
	}
	return joinPairs(pairs)
}
