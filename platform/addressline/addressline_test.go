package addressline_test

import (
	"strings"
	"testing"

	"galleria/platform/addressline"
)

func TestLinesOfAddressesAreTaken(t *testing.T) {
	for _, line := range []string{
		"1 High Street", "Hauptstr.12", "Hauptstr. 12a", "St. Gallen", "Apt. 4/B", "c/o Ana Arco", "P.O. Box 7", "A.B.Street 1", "Flat 1.2",
		"10115", "SW1A 1AA", "東京都千代田区1-1", "12207-0001", "Via G. Verdi, 3", "Nr.7", "Washington D.C.",
	} {
		if err := addressline.Check(line, 1, 100); err != nil {
			t.Errorf("%q: got %v, want it taken", line, err)
		}
	}
	if err := addressline.Check("", 0, 100); err != nil {
		t.Errorf("a line that may be empty: got %v, want it taken", err)
	}
}

func TestALineHoldsNoLinkAndNoAddressOfMail(t *testing.T) {
	for line, want := range map[string]string{
		"https://evil.example/x": "without a link", "visit evil.example": "without a link", "EVIL.EXAMPLE": "without a link", "x.com": "without a link",
		"www.evil": "without a link", "evil。example": "without a link", "192.0.2.7/x": "without a link", "ftp://10": "without a link",
		"win-a-prize.example/x": "without a link", "eve@evil": "without an e-mail address", "eve＠evil": "without an e-mail address",
		"": "empty", "two\nlines": "one line", "\xff": "one line", strings.Repeat("é", 101): "at most 100",
	} {
		if err := addressline.Check(line, 1, 100); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want that it says %q", line, err, want)
		}
	}
}
