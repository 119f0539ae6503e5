package account

import (
	"strings"

	"galleria/platform/addressline"
	"galleria/platform/personname"
)

// MostAddresses is how many addresses an account may keep.
const MostAddresses = 20

// Address is where goods go, and to whom.
type Address struct {
	ID                                                    string
	Name, Line1, Line2, City, Region, PostalCode, Country string
}

// NewAddress checks what a person typed, and says what is wrong with each bad field.
func NewAddress(typed Address) (Address, []Problem) {
	var problems []Problem
	text := func(field, value string, least, most int) string {
		value = strings.TrimSpace(value)
		if err := addressline.Check(value, least, most); err != nil {
			problems = append(problems, Problem{"address." + field, err.Error()})
		}
		return value
	}
	a := Address{ID: typed.ID, Name: strings.TrimSpace(typed.Name), Country: strings.ToUpper(strings.TrimSpace(typed.Country))}
	if err := personname.Check(a.Name); err != nil {
		problems = append(problems, Problem{"address.name", err.Error()})
	}
	a.Line1 = text("line1", typed.Line1, 1, 100)
	a.Line2 = text("line2", typed.Line2, 0, 100)
	a.City = text("city", typed.City, 1, 100)
	a.Region = text("region", typed.Region, 0, 100)
	a.PostalCode = text("postal_code", typed.PostalCode, 1, 16)
	if len(a.Country) != 2 || strings.Trim(a.Country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		problems = append(problems, Problem{"address.country", "must be the two letters of a country, such as DE"})
	}
	return a, problems
}
