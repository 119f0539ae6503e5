package console

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"galleria/app/console/internal/view"
	pricingv1 "galleria/modules/pricing/v1"
	"galleria/platform/countries"
)

// taxesSheet is the page of taxes.
var taxesSheet = tariffSheet{
	title: "Taxes", path: taxesPath, thing: "taxes",
	fill: func(t *pricingv1.Tariffs) tariffForm { return taxesOf(t) },
	read: func(v url.Values) tariffForm { return taxesTyped(v) },
}

type taxesForm struct{ rows []taxTyped }

type taxTyped struct{ place, tax string }

func taxesOf(t *pricingv1.Tariffs) *taxesForm {
	f := &taxesForm{}
	for _, place := range slices.Sorted(maps.Keys(t.GetTaxes())) {
		f.rows = append(f.rows, taxTyped{place, t.GetTaxes()[place]})
	}
	return f
}

func taxesTyped(v url.Values) *taxesForm {
	f := &taxesForm{}
	for i, place := range v["place"] {
		row := taxTyped{place: place}
		if taxes := v["tax"]; i < len(taxes) {
			row.tax = taxes[i]
		}
		f.rows = append(f.rows, row)
	}
	return f
}

// edit implements tariffForm.
func (f *taxesForm) edit(do string) (focus string, known bool) {
	how, what, at, known := readButton(do)
	if !known || what != "tax" {
		return "", false
	}
	row, known := editRows(how, &f.rows, at)
	return "place-" + strconv.Itoa(row), known
}

// into implements tariffForm. Rows that are empty are left out.
func (f *taxesForm) into(t *pricingv1.Tariffs) (fields, wrong map[string]string) {
	fields, wrong = map[string]string{}, map[string]string{}
	t.Taxes = map[string]string{}
	for i, row := range f.rows {
		place, tax, field := strings.ToUpper(strings.TrimSpace(row.place)), strings.Join(strings.Fields(row.tax), " "), "place-"+strconv.Itoa(i)
		if place == "" && tax == "" {
			continue
		}
		if _, twice := t.Taxes[place]; twice {
			wrong[field] = "there is another row for this place"
		}
		t.Taxes[place] = tax
		fields["tariffs.taxes."+place] = field + "-tax"
	}
	return fields, wrong
}

// draw implements tariffForm.
func (f *taxesForm) draw(page *view.Tariffs, wrong map[string]string, focus string) {
	list := view.TariffList{
		ID: "taxes", Title: "Tax by place",
		Hint: "A country, such as DE, or a part of one, such as US-CA, and its tax: VAT included 19%, reduced 7%, or Sales tax added 4%, or none. The first rate is the standard one; the others are for products of those tax classes. Places without a row have no tax.",
		Add:  view.TariffButton{Value: "add tax", Label: "Add a place"},
	}
	for i, row := range f.rows {
		id, n := "place-"+strconv.Itoa(i), strconv.Itoa(i+1)
		country, _, _ := strings.Cut(row.place, "-")
		list.Rows = append(list.Rows, view.TariffRow{
			Fields: []view.TariffField{
				{ID: id, Name: "place", Label: "Place " + n, Value: row.place, Problem: wrong[id], Most: 6, Focus: id == focus},
				{ID: id + "-tax", Name: "tax", Label: "Tax of " + row.place + ", " + countries.Name(country), Value: row.tax, Problem: wrong[id+"-tax"], Most: 400, Wide: true, Focus: id+"-tax" == focus},
			},
			Remove: removal("tax "+strconv.Itoa(i), row.place),
		})
	}
	page.Groups = []view.TariffGroup{{ID: "rates", Legend: "Taxes", Lists: []view.TariffList{list}}}
}
