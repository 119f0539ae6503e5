package personname_test

import (
	"strings"
	"testing"

	"galleria/platform/personname"
)

func TestNamesOfPeopleAreTaken(t *testing.T) {
	for _, name := range []string{
		"Ana Arco", "J.R.R. Tolkien", "J.Miller", "Dr. Ana Arco-Núñez", "O’Brien, Pat", "李小龙", "Martin Luther King Jr.", "Ana c/o Ben", "Ævar Þ. Örn", "A",
	} {
		if err := personname.Check(name); err != nil {
			t.Errorf("%q: got %v, want it taken", name, err)
		}
	}
}

func TestANameHoldsNoAddressAndNoLink(t *testing.T) {
	for name, want := range map[string]string{
		"Win a prize at https://evil.example/x": "without a link", "see evil.example": "without a link", "x.com": "without a link",
		"EVIL.EXAMPLE": "without a link", "10.11.12.13/x": "without a link", "evil。example": "without a link", "ftp://10": "without a link",
		"write to eve@evil": "without an e-mail address", "eve＠evil": "without an e-mail address",
		"": "empty", "Ana\nArco": "one line", "Ana\u2028Arco": "one line", "\u202eocrA": "one line", strings.Repeat("é", 101): "at most 100",
	} {
		if err := personname.Check(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want that it says %q", name, err, want)
		}
	}
}
