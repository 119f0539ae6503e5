package storefront

import (
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"galleria/app/storefront/internal/page"
	paymentsv1 "galleria/modules/payments/v1"
	"galleria/platform/countries"
	"galleria/platform/mailaddress"
	"galleria/platform/personname"
)

// form is what was typed into the checkout, without the card.
type form struct {
	key      string // of idempotency
	expected int64  // the total the shopper saw; 0 when the form did not say
	values   map[string]string
}

// fields of the form in the order they stand in, with what people call them.
// The first seven are given back when the form is; the card's are not.
var fields = []struct {
	name, label string
	most        int
	optional    bool
	card        bool
}{
	{name: "email", label: "E-mail", most: 254},
	{name: "name", label: "Full name", most: 100},
	{name: "line1", label: "Street and number", most: 100},
	{name: "line2", label: "Floor, flat or company", most: 100, optional: true},
	{name: "postal_code", label: "Postal code", most: 16},
	{name: "city", label: "City", most: 100},
	{name: "country", label: "Country", most: 2},
	{name: "card_number", label: "Card number", most: 30, card: true},
	{name: "exp_month", label: "Month", most: 2, card: true},
	{name: "exp_year", label: "Year", most: 4, card: true},
	{name: "cvc", label: "Security code", most: 4, card: true},
}

func label(field string) string {
	for _, f := range fields {
		if f.name == field {
			return f.label
		}
	}
	return ""
}

// readCheckout takes a posted form apart. The card comes by itself, so that it
// can't get into what is shown again by mistake.
func readCheckout(posted url.Values) (form, *paymentsv1.Card) {
	f := form{key: posted.Get("idempotency_key"), values: map[string]string{}}
	for _, field := range fields {
		if !field.card {
			f.values[field.name] = strings.TrimSpace(strings.ToValidUTF8(posted.Get(field.name), ""))
		}
	}
	f.values["country"] = strings.ToUpper(f.values["country"])
	// A total that can't be read is one the shopper did not see.
	if n, err := strconv.ParseInt(posted.Get("expected_total"), 10, 64); err == nil && n > 0 {
		f.expected = n
		f.values["expected_total"] = strconv.FormatInt(n, 10)
	}
	return f, &paymentsv1.Card{
		Number:   strings.TrimSpace(posted.Get("card_number")),
		ExpMonth: number(posted.Get("exp_month")),
		ExpYear:  year(posted.Get("exp_year")),
		Cvc:      strings.TrimSpace(posted.Get("cvc")),
	}
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

// check finds what can be found wrong without asking anybody, so that all of
// it is said at once: the modules look at contact and card one after the
// other. They have the last word.
func check(f form, card *paymentsv1.Card) map[string]string {
	wrong := map[string]string{}
	for _, field := range fields {
		switch value := f.values[field.name]; {
		case field.card || field.optional && value == "":
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
	if card.GetNumber() == "" {
		wrong["card_number"] = missing("card_number")
	}
	if card.GetExpMonth() < 1 || card.GetExpMonth() > 12 {
		wrong["exp_month"] = "From 01 to 12."
	}
	if card.GetExpYear() < 1 {
		wrong["exp_year"] = "A year such as 2031."
	}
	if card.GetCvc() == "" {
		wrong["cvc"] = missing("cvc")
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

// countryOptions are the countries with one chosen. A country orders would take but
// the list lacks stays as it was sent.
func countryOptions(chosen string) []page.Option {
	var options []page.Option
	found := chosen == ""
	for _, c := range countries.All() {
		options = append(options, page.Option{Value: c.Code, Name: c.Name, Chosen: c.Code == chosen})
		found = found || c.Code == chosen
	}
	if !found && len(chosen) == 2 {
		options = append(options, page.Option{Value: chosen, Name: chosen, Chosen: true})
	}
	return options
}
