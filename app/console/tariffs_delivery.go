package console

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"galleria/app/console/internal/view"
	pricingv1 "galleria/modules/pricing/v1"
)

// deliverySheet is the page of zones, and of ways to send goods.
var deliverySheet = tariffSheet{
	title: "Delivery", path: deliveryPath, thing: "delivery",
	fill: func(t *pricingv1.Tariffs) tariffForm { return deliveryOf(t) },
	read: func(v url.Values) tariffForm { return deliveryTyped(v) },
}

type deliveryForm struct {
	country string
	zones   []zoneTyped
	options []optionTyped
}

type zoneTyped struct{ name, countries string }

type optionTyped struct {
	id, name    string
	days, rates []string
}

func deliveryOf(t *pricingv1.Tariffs) *deliveryForm {
	f := &deliveryForm{country: t.GetCountry()}
	for _, name := range slices.Sorted(maps.Keys(t.GetZones())) {
		f.zones = append(f.zones, zoneTyped{name, strings.Join(t.GetZones()[name].GetCountries(), " ")})
	}
	for _, id := range slices.Sorted(maps.Keys(t.GetDelivery())) {
		o := t.GetDelivery()[id]
		f.options = append(f.options, optionTyped{id, o.GetName(), o.GetDays(), o.GetRates()})
	}
	return f
}

// optionField is the name of a field of an option.
func optionField(i int, name string) string { return fmt.Sprintf("o%d-%s", i, name) }

func deliveryTyped(v url.Values) *deliveryForm {
	f := &deliveryForm{country: v.Get("country")}
	for i, name := range v["zone"] {
		zone := zoneTyped{name: name}
		if countries := v["countries"]; i < len(countries) {
			zone.countries = countries[i]
		}
		f.zones = append(f.zones, zone)
	}
	for i := 0; v.Has(optionField(i, "id")); i++ {
		f.options = append(f.options, optionTyped{
			v.Get(optionField(i, "id")), v.Get(optionField(i, "name")), slices.Clone(v[optionField(i, "day")]), slices.Clone(v[optionField(i, "rate")]),
		})
	}
	return f
}

// edit implements tariffForm.
func (f *deliveryForm) edit(do string) (focus string, known bool) {
	how, what, at, known := readButton(do)
	switch {
	case !known:
		return "", false
	case what == "zone":
		row, known := editRows(how, &f.zones, at)
		return "zone-" + strconv.Itoa(row), known
	case what == "option":
		row, known := editRows(how, &f.options, at)
		if known && how == "add" {
			f.options[row] = optionTyped{days: []string{""}, rates: []string{""}}
		}
		return optionField(row, "id"), known
	case len(at) == 0 || at[0] < 0 || at[0] >= len(f.options):
		return "", false
	}
	o := &f.options[at[0]]
	if rows, known := map[string]*[]string{"day": &o.days, "rate": &o.rates}[what]; known {
		row, known := editRows(how, rows, at[1:])
		return optionField(at[0], what) + "-" + strconv.Itoa(row), known
	}
	return "", false
}

// into implements tariffForm. Rows that are empty are left out.
func (f *deliveryForm) into(t *pricingv1.Tariffs) (fields, wrong map[string]string) {
	fields, wrong = map[string]string{"tariffs.country": "country"}, map[string]string{}
	t.Country, t.Zones, t.Delivery = strings.ToUpper(strings.TrimSpace(f.country)), map[string]*pricingv1.Tariffs_Zone{}, map[string]*pricingv1.Tariffs_Option{}
	for i, z := range f.zones {
		name, field := strings.TrimSpace(z.name), "zone-"+strconv.Itoa(i)
		countries := words(strings.ToUpper(z.countries))
		if name == "" && len(countries) == 0 {
			continue
		}
		if t.Zones[name] != nil {
			wrong[field] = "there is another zone with this name"
		}
		t.Zones[name] = &pricingv1.Tariffs_Zone{Countries: countries}
		fields["tariffs.zones."+name] = field
	}
	for i, typed := range f.options {
		id, field := strings.TrimSpace(typed.id), optionField(i, "id")
		o, path := &pricingv1.Tariffs_Option{Name: strings.TrimSpace(typed.name)}, "tariffs.delivery."+id
		fields[path], fields[path+".name"] = field, optionField(i, "name")
		fields[path+".days"], fields[path+".rates"] = field, field // there are too many
		filled := func(rows []string, path, field string) (all []string) {
			for k, text := range rows {
				if text = strings.Join(strings.Fields(text), " "); text != "" {
					fields[fmt.Sprintf("%s[%d]", path, len(all))] = fmt.Sprintf("%s-%d", field, k)
					all = append(all, text)
				}
			}
			return all
		}
		o.Days, o.Rates = filled(typed.days, path+".days", optionField(i, "day")), filled(typed.rates, path+".rates", optionField(i, "rate"))
		if id == "" && o.GetName() == "" && len(o.GetDays())+len(o.GetRates()) == 0 {
			continue
		}
		if t.Delivery[id] != nil {
			wrong[field] = "there is another option with this id"
		}
		t.Delivery[id] = o
	}
	return fields, wrong
}

// draw implements tariffForm.
func (f *deliveryForm) draw(page *view.Tariffs, wrong map[string]string, focus string) {
	field := func(id, name, label, value string, most int, wide bool) view.TariffField {
		return view.TariffField{ID: id, Name: name, Label: label, Value: value, Problem: wrong[id], Most: most, Wide: wide, Focus: id == focus}
	}
	zones := view.TariffList{
		ID: "zones", Title: "Zones", Hint: "Prices are said for zones: each is a name and its countries, such as AT BE. The zone home is the shop's own country, and world is every country that is in none.",
		Add: view.TariffButton{Value: "add zone", Label: "Add a zone"},
	}
	for i, z := range f.zones {
		n, id := strconv.Itoa(i+1), "zone-"+strconv.Itoa(i)
		zones.Rows = append(zones.Rows, view.TariffRow{
			Fields: []view.TariffField{field(id, "zone", "Zone "+n+", its name", z.name, 32, false), field(id+"-countries", "countries", "Zone "+n+", its countries", z.countries, 1200, true)},
			Remove: removal("zone "+strconv.Itoa(i), z.name),
		})
	}
	page.Groups = []view.TariffGroup{{ID: "where", Legend: "Where to", Fields: []view.TariffField{field("country", "country", "The shop's own country, such as DE", f.country, 2, false)}, Lists: []view.TariffList{zones}}}
	for i, o := range f.options {
		list := func(what, title, hint, add string, rows []string) view.TariffList {
			l := view.TariffList{ID: optionField(i, what+"s"), Title: title, Hint: hint, Add: view.TariffButton{Value: fmt.Sprintf("add %s %d", what, i), Label: add, Long: add + " of " + o.name}}
			for k, text := range rows {
				n := strconv.Itoa(k + 1)
				l.Rows = append(l.Rows, view.TariffRow{
					Fields: []view.TariffField{field(optionField(i, what)+"-"+strconv.Itoa(k), optionField(i, what), title+" "+n+" of "+o.name, text, 120, true)},
					Remove: removal(fmt.Sprintf("%s %d %d", what, i, k), text),
				})
			}
			return l
		}
		prices := list("rate", "Prices", "A zone and its price: home 4.90 EUR. What goods may weigh at most, and must cost at least, can follow: home 4.90 EUR up to 5kg, home 0 EUR from 60 EUR. Of the prices that fit, the lowest holds; where none fits, this way is not offered.", "Add a price", o.rates)
		prices.Warnings, page.Unpriced = page.Unpriced, nil // once, with the first
		legend := o.name
		if legend == "" {
			legend = "A new way to send goods"
		}
		page.Groups = append(page.Groups, view.TariffGroup{
			ID: optionField(i, "group"), Legend: legend,
			Fields: []view.TariffField{
				field(optionField(i, "id"), optionField(i, "id"), "Id: lower-case letters, digits, - and _", o.id, 32, false),
				field(optionField(i, "name"), optionField(i, "name"), "Name, as shoppers read it", o.name, 100, false),
			},
			Lists: []view.TariffList{
				list("day", "Working days", "A zone and how long it takes: home 2-4.", "Add days", o.days),
				prices,
			},
			Remove: view.TariffButton{Value: "remove option " + strconv.Itoa(i), Label: "Remove " + legend},
		})
	}
	page.Add = view.TariffButton{Value: "add option", Label: "Add a way to send goods"}
}
