package storefront

import (
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"galleria/app/storefront/internal/page"
	"galleria/platform/countries"
	"galleria/platform/mailaddress"
	"galleria/platform/personname"
)

// form is what was typed into the checkout.
type form struct {
	key    string // of idempotency
	quote  string // fingerprint of what the shopper was shown
	chosen string // the choice that the form was drawn with
	// priced are the codes of the total that the shopper was shown, with what was wrong with
	// each; nil: the form does not say.
	priced []string
	values map[string]string
	// counted: its codes were counted as tries of their client already.
	counted bool
}

// fields of the form in the order they stand in, with what people call them.
var fields = []struct {
	name, label string
	most        int
	optional    bool
}{
	{name: "email", label: "E-mail", most: 254},
	{name: "name", label: "Full name", most: 100},
	{name: "line1", label: "Street and number", most: 100},
	{name: "line2", label: "Floor, flat or company", most: 100, optional: true},
	{name: "postal_code", label: "Postal code", most: 16},
	{name: "city", label: "City", most: 100},
	{name: "region", label: "State or province", most: 64, optional: true},
	{name: "country", label: "Country", most: 2},
	{name: "delivery", label: "Delivery", most: 64, optional: true},
	{name: "code", label: "Voucher code", most: 64, optional: true},
}

func label(field string) string {
	for _, f := range fields {
		if f.name == field {
			return f.label
		}
	}
	return ""
}

// readCheckout takes a posted form apart.
func readCheckout(posted url.Values) form {
	f := form{key: posted.Get("idempotency_key"), quote: posted.Get("quote"), chosen: posted.Get("chosen"), values: map[string]string{}}
	for _, field := range fields {
		f.values[field.name] = strings.TrimSpace(strings.ToValidUTF8(posted.Get(field.name), ""))
	}
	f.values["country"] = strings.ToUpper(f.values["country"])
	if posted.Has("priced") {
		f.priced = append([]string{}, codesIn(posted.Get("priced"))...)
	}
	return f
}

// number is 0 when text is none: a month and a year that no card has.
func number(text string) int32 {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 32)
	if err != nil {
		return 0
	}
	return int32(n)
}

// year takes "31" as the card has it for 2031.
func year(text string) int32 {
	n := number(text)
	if n > 0 && n < 100 {
		n += 2000
	}
	return n
}

// codes are the voucher codes of the form: one field, that takes several.
func (f form) codes() []string {
	codes := codesIn(f.values["code"])
	return codes[:min(len(codes), mostCodes)]
}

// check finds what can be found wrong without asking the modules, which have the
// last word.
func check(f form) map[string]string {
	wrong := map[string]string{}
	for _, field := range fields {
		switch value := f.values[field.name]; {
		case field.optional && value == "":
		case value == "":
			wrong[field.name] = missing(field.name)
		case utf8.RuneCountInString(value) > field.most:
			wrong[field.name] = "That is longer than " + strconv.Itoa(field.most) + " characters."
		}
	}
	if _, err := mailaddress.Parse(f.values["email"]); err != nil && f.values["email"] != "" {
		wrong["email"] = sentence("email", err.Error())
	}
	if err := personname.Check(f.values["name"]); err != nil && f.values["name"] != "" {
		wrong["name"] = sentence("name", err.Error())
	}
	return wrong
}

func missing(field string) string {
	switch field {
	case "email":
		return "Please give an e-mail address, so that we can write to you."
	case "name":
		return "Please say who the parcel is for."
	case "country":
		return "Please choose a country."
	}
	return "Please fill in the " + strings.ToLower(label(field)) + "."
}

// regionOptions are the regions of a country, as far as they are known, with the one
// chosen that was typed, by code or name.
func regionOptions(country, typed string) []page.Option {
	var options []page.Option
	chosen := countries.RegionCode(country, typed)
	for _, r := range countries.Regions(country) {
		options = append(options, page.Option{Value: r.Code, Name: r.Name, Chosen: r.Code == chosen})
	}
	return options
}

// countryOptions are the countries with one chosen. A country orders would take but
// the list lacks stays as it was sent.
func (s *Storefront) countryOptions(chosen string) []page.Option {
	var options []page.Option
	found := chosen == ""
	for _, c := range s.info.Info().Countries() {
		options = append(options, page.Option{Value: c.Code, Name: c.Name, Chosen: c.Code == chosen})
		found = found || c.Code == chosen
	}
	if !found && len(chosen) == 2 {
		options = append(options, page.Option{Value: chosen, Name: chosen, Chosen: true})
	}
	return options
}
