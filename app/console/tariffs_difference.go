package console

import (
	"maps"
	"slices"
	"strings"

	"galleria/app/console/internal/view"
	pricingv1 "galleria/modules/pricing/v1"
)

// tariffDifference is what two tariffs say differently: in each row what it is about, what
// only the first says, and what only the second says.
func tariffDifference(before, after *pricingv1.Tariffs) []view.Row {
	was, is := tariffTexts(before), tariffTexts(after)
	about := map[string]bool{}
	for what := range was {
		about[what] = true
	}
	for what := range is {
		about[what] = true
	}
	var rows []view.Row
	for _, what := range slices.Sorted(maps.Keys(about)) {
		from, to := without(was[what], is[what]), without(is[what], was[what])
		if len(from)+len(to) > 0 {
			rows = append(rows, view.Row{Cells: []string{what, strings.Join(from, ", "), strings.Join(to, ", ")}})
		}
	}
	return rows
}

// tariffTexts are all that tariffs say, by what it is about.
func tariffTexts(t *pricingv1.Tariffs) map[string][]string {
	texts := map[string][]string{"home country": {t.GetCountry()}}
	for place, tax := range t.GetTaxes() {
		texts["tax of "+place] = []string{tax}
	}
	for name, zone := range t.GetZones() {
		texts["zone "+name] = zone.GetCountries()
	}
	for id, option := range t.GetDelivery() {
		what := "delivery " + id
		texts[what+", name"], texts[what+", days"], texts[what+", prices"] = []string{option.GetName()}, option.GetDays(), option.GetRates()
	}
	return texts
}

// without is what of all is not in others.
func without(all, others []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(text string) bool { return slices.Contains(others, text) })
}
