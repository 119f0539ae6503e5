package tariff

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"unicode/utf8"
)

// Table is all that the shop charges beside the prices of its goods. It never changes:
// another one takes its place.
type Table struct {
	Taxes    Taxes    `json:"taxes,omitempty"`
	Delivery Delivery `json:"delivery"`
}

// Problem is something wrong with a table.
type Problem struct {
	// Key is that of the configuration, as delivery.standard.rates.
	Key string
	// Entry is which of a list it is about; -1: the key itself.
	Entry   int
	Message string
}

// Field is the key, with the entry of a list as contracts write it:
// delivery.standard.rates[2].
func (p Problem) Field() string {
	if p.Entry < 0 {
		return p.Key
	}
	return fmt.Sprintf("%s[%d]", p.Key, p.Entry)
}

// problems gathers what is wrong.
type problems []Problem

func (all *problems) check(good bool, key string, entry int, format string, args ...any) {
	if !good {
		*all = append(*all, Problem{key, entry, fmt.Sprintf(format, args...)})
	}
}

var (
	country = regexp.MustCompile(`^[A-Z]{2}$`)
	name    = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,31}$`)
)

// Check finds what can't work, in the configuration as in a change.
func (t Table) Check() []Problem {
	var all problems
	all.check(country.MatchString(t.Delivery.Home), "country", -1, "is a country of ISO 3166-1, such as DE")
	for _, key := range slices.Sorted(maps.Keys(t.Taxes)) {
		all.check(place.MatchString(key), "taxes."+key, -1, "is not a country such as DE, or a part of one such as US-CA")
	}
	for _, zone := range slices.Sorted(maps.Keys(t.Delivery.Zones)) {
		key := "zones." + zone
		all.check(name.MatchString(zone) && zone != Home && zone != World, key, -1, "has a name of lower-case letters, digits, '-' and '_', other than home and world")
		for _, code := range t.Delivery.Zones[zone] {
			all.check(country.MatchString(code), key, -1, "has %q, which is no country of ISO 3166-1, such as DE", code)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(t.Delivery.Options)) {
		t.Delivery.checkOption(&all, id)
	}
	return all
}

func (d Delivery) checkOption(all *problems, id string) {
	key, option := "delivery."+id, d.Options[id]
	all.check(name.MatchString(id), key, -1, "has a name of lower-case letters, digits, '-' and '_'")
	all.check(option.Name != "", key+".name", -1, "is needed: shoppers read it")
	known := func(zone string) bool {
		_, ok := d.Zones[zone]
		return ok || zone == Home || zone == World
	}
	for i, days := range option.Days {
		all.check(known(days.Zone), key+".days", i, "names the zone %s, which is not in zones", days.Zone)
	}
	for i, rate := range option.Rates {
		all.check(known(rate.Zone), key+".rates", i, "names the zone %s, which is not in zones", rate.Zone)
	}
}

// What a change may have at most. The configuration is not bounded: its author can see
// what it does to the process.
const (
	mostTaxes     = 1000
	mostZones     = 50
	mostCountries = 300
	mostOptions   = 50
	mostName      = 100
	mostDays      = 100
	mostRates     = 500
)

// CheckChange finds what can't work in a table that takes the place of another while the
// shop is open: also one by which nothing could be sent any more.
func (t Table) CheckChange() []Problem {
	all, d := problems(t.Check()), t.Delivery
	all.check(len(t.Taxes) <= mostTaxes, "taxes", -1, "has up to %d places", mostTaxes)
	all.check(len(d.Zones) <= mostZones, "zones", -1, "has up to %d zones", mostZones)
	for _, zone := range slices.Sorted(maps.Keys(d.Zones)) {
		all.check(len(d.Zones[zone]) <= mostCountries, "zones."+zone, -1, "has up to %d countries", mostCountries)
	}
	sends := false
	for _, id := range slices.Sorted(maps.Keys(d.Options)) {
		key, option := "delivery."+id, d.Options[id]
		all.check(utf8.RuneCountInString(option.Name) <= mostName, key+".name", -1, "has up to %d characters", mostName)
		all.check(len(option.Days) <= mostDays, key+".days", -1, "has up to %d entries", mostDays)
		all.check(len(option.Rates) <= mostRates, key+".rates", -1, "has up to %d entries", mostRates)
		sends = sends || len(option.Rates) > 0
	}
	all.check(len(d.Options) <= mostOptions, "delivery", -1, "has up to %d options", mostOptions)
	all.check(sends, "delivery", -1, "has at least one option with a rate: nothing could be ordered without one")
	return all
}

// Classes are the tax classes that mean something, by name.
func (t Table) Classes() []string {
	known := map[string]bool{Standard: true, Zero: true}
	for _, tax := range t.Taxes {
		for class := range tax.Classes {
			known[class] = true
		}
	}
	return slices.Sorted(maps.Keys(known))
}

// Currencies are those in which some way to send goods has a price, in order.
func (d Delivery) Currencies() []string {
	known := map[string]bool{}
	for _, option := range d.Options {
		for _, rate := range option.Rates {
			known[rate.Price.Currency()] = true
		}
	}
	return slices.Sorted(maps.Keys(known))
}

// Encode writes a table as it is stored. The same table is the same text.
func (t Table) Encode() (string, error) {
	text, err := json.Marshal(t)
	return string(text), err
}

// Decode reads what Encode wrote.
func Decode(text string) (t Table, err error) {
	err = json.Unmarshal([]byte(text), &t)
	return t, err
}

// Version is that of a table that was encoded: made of its content, so that whatever
// changes a table changes its version.
func Version(encoded string) string {
	sum := sha256.Sum256([]byte(encoded))
	return hex.EncodeToString(sum[:12])
}
