package countries_test

import (
	"slices"
	"strings"
	"testing"

	"galleria/platform/countries"
)

func TestACountryHasOneCodeAndOneName(t *testing.T) {
	codes, names := map[string]bool{}, map[string]bool{}
	for _, c := range countries.All() {
		if len(c.Code) != 2 || codes[c.Code] || names[c.Name] {
			t.Errorf("%v: the code is no code, or code or name are there twice", c)
		}
		codes[c.Code], names[c.Name] = true, true
		if got := countries.Name(c.Code); got != c.Name {
			t.Errorf("%s: got %q, want %q", c.Code, got, c.Name)
		}
	}
	if got := countries.Name("XX"); got != "XX" {
		t.Errorf("a country that is not known: got %q, want its code", got)
	}
}

func TestTheListIsTheCallers(t *testing.T) {
	before := countries.All()
	slices.Reverse(countries.All())
	if !slices.Equal(before, countries.All()) {
		t.Error("a caller who sorts the list changed that of others")
	}
}

func TestARegionHasOneCodeAndOneName(t *testing.T) {
	for _, country := range []string{"US", "CA"} {
		codes, names := map[string]bool{}, map[string]bool{}
		for _, r := range countries.Regions(country) {
			if len(r.Code) != 2 || codes[r.Code] || names[r.Name] {
				t.Errorf("%s %v: the code is no code, or code or name are there twice", country, r)
			}
			codes[r.Code], names[r.Name] = true, true
			for _, text := range []string{r.Code, r.Name, country + "-" + r.Code, strings.ToLower(r.Name), " " + strings.ReplaceAll(r.Name, " ", "  ") + " "} {
				if got := countries.RegionCode(country, text); got != r.Code || !countries.IsRegion(country, got) {
					t.Errorf("%s %q: got %q, want %q, a region", country, text, got, r.Code)
				}
			}
		}
	}
	if n := len(countries.Regions("US")); n != 59 { // 50 states, the capital, 5 territories, 3 of the armed forces
		t.Errorf("the USA have %d regions, want 59", n)
	}
}

func TestWhatIsNoRegionStaysAsItIs(t *testing.T) {
	for _, c := range []struct {
		country, text, want string
		is                  bool
	}{
		{"US", "", "", false},
		{"US", " Yorkshire ", "Yorkshire", false},
		{"US", "ON", "ON", false},
		{"CA", "ontario", "ON", true},
		{"PT", "20", "20", true},
		{"PT", "Madeira", "Madeira", false},
		{"PT", "", "", false},
	} {
		if got := countries.RegionCode(c.country, c.text); got != c.want || countries.IsRegion(c.country, got) != c.is {
			t.Errorf("%s %q: got %q, a region: %v; want %q, %v", c.country, c.text, got, countries.IsRegion(c.country, got), c.want, c.is)
		}
	}
}
