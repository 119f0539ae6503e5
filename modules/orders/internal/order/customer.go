package order

import (
	"strings"

	"galleria/platform/addressline"
	"galleria/platform/countries"
	"galleria/platform/mailaddress"
	"galleria/platform/personname"
)

// Contact is whom the shop writes to.
type Contact struct {
	Email, Name string
}

// Mailbox is the address spelt one way, by which a customer's orders are known. "" when it is
// no address.
func (c Contact) Mailbox() string { return Mailbox(c.Email) }

// Mailbox is an address spelt one way; see Contact.Mailbox.
func Mailbox(email string) string {
	address, err := mailaddress.Parse(email)
	if err != nil {
		return ""
	}
	return address.Mailbox()
}

// Address is where the goods go.
type Address struct {
	Line1, Line2, City, PostalCode string
	// Region is a state or province, where taxes depend on it.
	Region string
	// Country is an ISO 3166-1 alpha-2 code.
	Country string
}

// Problem is what is wrong with one field, as a sentence for who typed it.
type Problem struct {
	// Field is its path in a request: contact.email.
	Field, Message string
}

// Trimmed is the contact without the spaces a hand leaves around words.
func (c Contact) Trimmed() Contact {
	return Contact{Email: strings.TrimSpace(c.Email), Name: strings.TrimSpace(c.Name)}
}

// Trimmed is the address without spaces around words, its country in capitals, and a
// region that is known by its code.
func (a Address) Trimmed() Address {
	country := strings.ToUpper(strings.TrimSpace(a.Country))
	return Address{
		Line1: strings.TrimSpace(a.Line1), Line2: strings.TrimSpace(a.Line2), City: strings.TrimSpace(a.City),
		PostalCode: strings.TrimSpace(a.PostalCode), Region: countries.RegionCode(country, a.Region), Country: country,
	}
}

// Problems are the fields nobody could be reached with.
func (c Contact) Problems() []Problem {
	var found problems
	if _, err := mailaddress.Parse(c.Email); err != nil {
		found.add("contact.email", err.Error())
	}
	if err := personname.Check(c.Name); err != nil {
		found.add("contact.name", err.Error())
	}
	return found
}

// Problems are the fields no parcel could be sent to.
func (a Address) Problems() []Problem {
	var found problems
	found.line("address.line1", a.Line1, 1, 100)
	found.line("address.line2", a.Line2, 0, 100)
	found.line("address.city", a.City, 1, 100)
	found.line("address.region", a.Region, 0, 64)
	found.line("address.postal_code", a.PostalCode, 1, 16)
	if len(a.Country) != 2 || !strings.Contains(isoCountries, a.Country+" ") {
		found.add("address.country", "must be the two letters of a country, such as DE")
	}
	return found
}

type problems []Problem

// add keeps the first problem of a field: one sentence at a time is enough.
func (p *problems) add(field, message string) {
	if n := len(*p); n > 0 && (*p)[n-1].Field == field {
		return
	}
	*p = append(*p, Problem{Field: field, Message: message})
}

// line checks a line of an address, which mails repeat.
func (p *problems) line(field, value string, least, most int) {
	if err := addressline.Check(value, least, most); err != nil {
		p.add(field, err.Error())
	}
}

// isoCountries are the codes of ISO 3166-1, each with a space behind it.
const isoCountries = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ " +
	"CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR " +
	"GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP " +
	"KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ " +
	"NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW " +
	"SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ " +
	"UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW "
