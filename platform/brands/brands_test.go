package brands_test

import (
	"testing"

	"galleria/platform/brands"
)

func TestABrandHasTheNameThatPeopleKnow(t *testing.T) {
	for brand, want := range map[string]string{"visa": "Visa", "amex": "American Express", "jcb": "JCB", "": "Other", "new": "Other"} {
		if got := brands.Name(brand, "Other"); got != want {
			t.Errorf("%q: got %q, want %q", brand, got, want)
		}
	}
}
