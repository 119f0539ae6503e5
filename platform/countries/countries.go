// Package countries are the countries that parcels go to, by the code of ISO 3166 and
// the name that people read: pages, mails and forms call a country the same. Of those
// whose taxes differ by state or province it knows these, too.
package countries

// Country is a country.
type Country struct{ Code, Name string }

var all = [...]Country{
	{"AU", "Australia"}, {"AT", "Austria"}, {"BE", "Belgium"}, {"BR", "Brazil"},
	{"BG", "Bulgaria"}, {"CA", "Canada"}, {"HR", "Croatia"}, {"CY", "Cyprus"},
	{"CZ", "Czechia"}, {"DK", "Denmark"}, {"EE", "Estonia"}, {"FI", "Finland"},
	{"FR", "France"}, {"DE", "Germany"}, {"GR", "Greece"}, {"HU", "Hungary"},
	{"IS", "Iceland"}, {"IN", "India"}, {"IE", "Ireland"}, {"IL", "Israel"},
	{"IT", "Italy"}, {"JP", "Japan"}, {"LV", "Latvia"}, {"LI", "Liechtenstein"},
	{"LT", "Lithuania"}, {"LU", "Luxembourg"}, {"MT", "Malta"}, {"MX", "Mexico"},
	{"NL", "Netherlands"}, {"NZ", "New Zealand"}, {"NO", "Norway"}, {"PL", "Poland"},
	{"PT", "Portugal"}, {"RO", "Romania"}, {"SG", "Singapore"}, {"SK", "Slovakia"},
	{"SI", "Slovenia"}, {"ZA", "South Africa"}, {"KR", "South Korea"}, {"ES", "Spain"},
	{"SE", "Sweden"}, {"CH", "Switzerland"}, {"TR", "Türkiye"}, {"UA", "Ukraine"},
	{"GB", "United Kingdom"}, {"US", "United States"},
}

var names = func() map[string]string {
	m := make(map[string]string, len(all))
	for _, c := range all {
		m[c.Code] = c.Name
	}
	return m
}()

// All are the countries, by name. The slice is the caller's.
func All() []Country { return append([]Country(nil), all[:]...) }

// Name is what people call a country; the code itself where that is not known.
func Name(code string) string {
	if name, known := names[code]; known {
		return name
	}
	return code
}
