package stock

import (
	"cmp"
	"testing"
)

// A database of another language has "MUG_2" before "MUG10", and small letters among the
// capitals: all who change levels go by bytes, with the default location first.
func TestPlacesAreComparedByBytesTheDefaultLocationFirst(t *testing.T) {
	rising := [][2]string{{"MUG10", Main}, {"MUG10", "Aachen"}, {"MUG10", "berlin"}, {"MUGX", "berlin"}, {"MUG_2", Main}, {"mug", Main}}
	for i, a := range rising {
		for j, b := range rising {
			if got := ComparePlaces(a[0], a[1], b[0], b[1]); got != cmp.Compare(i, j) {
				t.Errorf("%v and %v: got %d, want %d", a, b, got, cmp.Compare(i, j))
			}
		}
	}
}
