package countries_test

import (
	"slices"
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
