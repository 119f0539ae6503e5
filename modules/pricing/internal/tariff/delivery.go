package tariff

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"galleria/platform/money"
)

// Home and World are zones that are always there: the shop's own country, and what is
// in no other zone.
const (
	Home  = "home"
	World = "world"
)

// Option is a way to send goods, with its rates. Of the rates that fit the zone,
// weight and value of the goods the lowest holds; when none fits, the option is not offered.
type Option struct {
	Name  string `yaml:"name" json:"name" doc:"what shoppers read"`
	Days  []Days `yaml:"days" json:"days,omitempty" doc:"working days by zone, such as home 2-4"`
	Rates []Step `yaml:"rates" json:"rates,omitempty" doc:"prices by zone, such as \"home 4.90 EUR\", \"eu 9.90 EUR up to 5kg\" or \"home 0 EUR from 60 EUR\""`
}

// Days is how long a delivery to a zone takes, in working days: "home 2-4".
type Days struct {
	Zone     string
	Min, Max int
}

var daysText = regexp.MustCompile(`^([a-z][a-z0-9_-]{0,31}) (\d{1,3})-(\d{1,3})$`)

// UnmarshalText reads days.
func (d *Days) UnmarshalText(text []byte) error {
	words := daysText.FindStringSubmatch(strings.TrimSpace(string(text)))
	if words == nil {
		return fmt.Errorf("%q is not a zone and its working days, such as home 2-4", text)
	}
	low, _ := strconv.Atoi(words[2]) // three digits at most
	high, _ := strconv.Atoi(words[3])
	if low > high {
		return fmt.Errorf("%q ends before it begins", text)
	}
	*d = Days{Zone: words[1], Min: low, Max: high}
	return nil
}

// MarshalText writes days.
func (d Days) MarshalText() ([]byte, error) {
	return fmt.Appendf(nil, "%s %d-%d", d.Zone, d.Min, d.Max), nil
}

// Step is one price: "home 4.90 EUR up to 5kg from 40 EUR".
type Step struct {
	Zone string
	// Price is what it costs, with tax where prices include it.
	Price money.Money
	// Grams is what the goods may weigh; 0: anything.
	Grams int64
	// From is what the goods must cost, before discounts, in minor units.
	From int64
}

// maxPrice keeps every sum that a delivery is part of far within 64 bits.
const maxPrice = 1 << 53

var stepText = regexp.MustCompile(`^([a-z][a-z0-9_-]{0,31}) (\d+(?:\.\d+)?) ([A-Z]{3})(?: up to (\d{1,6})(?:\.(\d{1,3}))? ?(kg|g))?(?: from (\d+(?:\.\d+)?) ([A-Z]{3}))?$`)

// UnmarshalText reads a price.
func (s *Step) UnmarshalText(text []byte) error {
	words := stepText.FindStringSubmatch(strings.TrimSpace(string(text)))
	if words == nil || words[5] != "" && words[6] == "g" {
		return fmt.Errorf("%q is not a price such as \"home 4.90 EUR up to 5kg from 40 EUR\"", text)
	}
	read := Step{Zone: words[1]}
	var err error
	if read.Price, err = money.Parse(words[2], words[3]); err != nil {
		return fmt.Errorf("%q: %w", text, err)
	}
	if read.Price.Minor() > maxPrice {
		return fmt.Errorf("%q: no delivery costs as much", text)
	}
	if step := money.Step(words[3]); read.Price.Minor()%step != 0 {
		return fmt.Errorf("%q: the last of the three decimals in %s is 0, for nothing else can be paid by card", text, words[3])
	}
	if words[4] != "" {
		whole, _ := strconv.ParseInt(words[4], 10, 64) // six digits at most
		if read.Grams = whole; words[6] == "kg" {
			fraction, _ := strconv.ParseInt((words[5] + "000")[:3], 10, 64)
			read.Grams = whole*1000 + fraction
		}
		if read.Grams == 0 {
			return fmt.Errorf("%q: nothing weighs 0", text)
		}
	}
	if words[7] != "" {
		from, err := money.Parse(words[7], words[8])
		if err != nil {
			return fmt.Errorf("%q: %w", text, err)
		}
		if words[8] != words[3] {
			return fmt.Errorf("%q: price and value are in one currency", text)
		}
		read.From = from.Minor()
	}
	*s = read
	return nil
}

// MarshalText writes a price.
func (s Step) MarshalText() ([]byte, error) {
	text := fmt.Appendf(nil, "%s %s", s.Zone, s.Price)
	switch {
	case s.Grams > 0 && s.Grams%1000 == 0:
		text = fmt.Appendf(text, " up to %dkg", s.Grams/1000)
	case s.Grams > 1000:
		text = fmt.Appendf(text, " up to %d.%skg", s.Grams/1000, strings.TrimRight(fmt.Sprintf("%03d", s.Grams%1000), "0"))
	case s.Grams > 0:
		text = fmt.Appendf(text, " up to %dg", s.Grams)
	}
	if s.From > 0 {
		from, err := money.New(s.Price.Currency(), s.From)
		if err != nil {
			return nil, err
		}
		text = fmt.Appendf(text, " from %s", from)
	}
	return text, nil
}

// Delivery is all ways to send goods.
type Delivery struct {
	// Home is the shop's own country.
	Home string `json:"home"`
	// Zones are groups of countries.
	Zones   map[string][]string `json:"zones,omitempty"`
	Options map[string]Option   `json:"options,omitempty"`
}

// Parcel is what is to be sent.
type Parcel struct {
	Country  string
	Currency string
	// Grams is its weight, Value what the goods cost before discounts.
	Grams, Value int64
}

// Offer is an option with its price for a parcel.
type Offer struct {
	ID, Name         string
	Price            int64
	DaysMin, DaysMax int
}

// Zone is where a country is. A country in two zones is in the first by name.
func (d Delivery) Zone(country string) string {
	if country == d.Home {
		return Home
	}
	found := World
	for zone, countries := range d.Zones {
		if (found == World || zone < found) && slices.Contains(countries, country) {
			found = zone
		}
	}
	return found
}

// Offers are the options for a parcel, the cheapest first, of equal ones by id.
func (d Delivery) Offers(p Parcel) []Offer {
	zone := d.Zone(p.Country)
	var offers []Offer
	for id, option := range d.Options {
		price, ok := option.price(zone, p)
		if !ok {
			continue
		}
		offer := Offer{ID: id, Name: option.Name, Price: price}
		for _, days := range option.Days {
			if days.Zone == zone {
				offer.DaysMin, offer.DaysMax = days.Min, days.Max
			}
		}
		offers = append(offers, offer)
	}
	slices.SortFunc(offers, byPrice)
	return offers
}

func byPrice(a, b Offer) int {
	return cmp.Or(cmp.Compare(a.Price, b.Price), strings.Compare(a.ID, b.ID))
}

func (o Option) price(zone string, p Parcel) (lowest int64, ok bool) {
	for _, s := range o.Rates {
		fits := s.Zone == zone && s.Price.Currency() == p.Currency && (s.Grams == 0 || p.Grams <= s.Grams) && p.Value >= s.From
		if fits && (!ok || s.Price.Minor() < lowest) {
			lowest, ok = s.Price.Minor(), true
		}
	}
	return lowest, ok
}
