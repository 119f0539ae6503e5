package countries

import (
	"strings"
	"unicode"
)

// Region is a part of a country that taxes may depend on: its code is the second part
// of that of ISO 3166-2, as NY of US-NY.
type Region struct{ Code, Name string }

// regions are the parts of countries whose taxes differ by them, by name. The armed
// forces of the USA are none of ISO 3166-2, but parcels are addressed to them so.
var regions = map[string][]Region{
	"CA": {
		{"AB", "Alberta"}, {"BC", "British Columbia"}, {"MB", "Manitoba"}, {"NB", "New Brunswick"},
		{"NL", "Newfoundland and Labrador"}, {"NT", "Northwest Territories"}, {"NS", "Nova Scotia"}, {"NU", "Nunavut"},
		{"ON", "Ontario"}, {"PE", "Prince Edward Island"}, {"QC", "Quebec"}, {"SK", "Saskatchewan"}, {"YT", "Yukon"},
	},
	"US": {
		{"AL", "Alabama"}, {"AK", "Alaska"}, {"AS", "American Samoa"}, {"AZ", "Arizona"}, {"AR", "Arkansas"},
		{"AA", "Armed Forces Americas"}, {"AE", "Armed Forces Europe"}, {"AP", "Armed Forces Pacific"},
		{"CA", "California"}, {"CO", "Colorado"}, {"CT", "Connecticut"}, {"DE", "Delaware"}, {"DC", "District of Columbia"},
		{"FL", "Florida"}, {"GA", "Georgia"}, {"GU", "Guam"}, {"HI", "Hawaii"}, {"ID", "Idaho"}, {"IL", "Illinois"},
		{"IN", "Indiana"}, {"IA", "Iowa"}, {"KS", "Kansas"}, {"KY", "Kentucky"}, {"LA", "Louisiana"}, {"ME", "Maine"},
		{"MD", "Maryland"}, {"MA", "Massachusetts"}, {"MI", "Michigan"}, {"MN", "Minnesota"}, {"MS", "Mississippi"},
		{"MO", "Missouri"}, {"MT", "Montana"}, {"NE", "Nebraska"}, {"NV", "Nevada"}, {"NH", "New Hampshire"},
		{"NJ", "New Jersey"}, {"NM", "New Mexico"}, {"NY", "New York"}, {"NC", "North Carolina"}, {"ND", "North Dakota"},
		{"MP", "Northern Mariana Islands"}, {"OH", "Ohio"}, {"OK", "Oklahoma"}, {"OR", "Oregon"}, {"PA", "Pennsylvania"},
		{"PR", "Puerto Rico"}, {"RI", "Rhode Island"}, {"SC", "South Carolina"}, {"SD", "South Dakota"}, {"TN", "Tennessee"},
		{"TX", "Texas"}, {"VI", "U.S. Virgin Islands"}, {"UT", "Utah"}, {"VT", "Vermont"}, {"VA", "Virginia"},
		{"WA", "Washington"}, {"WV", "West Virginia"}, {"WI", "Wisconsin"}, {"WY", "Wyoming"},
	},
}

// codes are the codes of regions, by country and what people write for them.
var codes = func() map[string]string {
	m := map[string]string{}
	for country, all := range regions {
		for _, r := range all {
			m[country+folded(r.Code)] = r.Code
			m[country+folded(country+r.Code)] = r.Code
			m[country+folded(r.Name)] = r.Code
		}
	}
	return m
}()

// folded is a text without what differs between spellings of one name: capitals,
// spaces, dots and dashes.
func folded(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToUpper(r)
		}
		return -1
	}, text)
}

// Regions are those of a country, by name; none where they are not known. The slice is
// the caller's.
func Regions(country string) []Region { return append([]Region(nil), regions[country]...) }

// RegionCode is the code of the region that a text names, by code or by name. In a
// country whose regions are not known, and for what is none of its regions, it is the
// text without the spaces around it.
func RegionCode(country, text string) string {
	if code, known := codes[country+folded(text)]; known {
		return code
	}
	return strings.TrimSpace(text)
}

// IsRegion tells whether a code is that of a region of a country. Of a country whose
// regions are not known, every text is that looks like a code: one to three capital
// letters and digits.
func IsRegion(country, code string) bool {
	if _, listed := regions[country]; listed {
		return codes[country+folded(code)] == code && code != ""
	}
	odd := func(r rune) bool { return (r < 'A' || r > 'Z') && (r < '0' || r > '9') }
	return len(code) >= 1 && len(code) <= 3 && !strings.ContainsFunc(code, odd)
}
