package promotion

import (
	"testing"
	"time"
)

// A code is taken over of a promotion that has ended, so of two that have it the one that
// ends later does, whatever the clock of a process says.
func TestAPromotionEndsAfterAnother(t *testing.T) {
	at := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	ends := func(at time.Time) *Promotion { return &Promotion{terms: Terms{EndsAt: at}} }
	never, early, late := ends(time.Time{}), ends(at), ends(at.Add(time.Second))
	for _, c := range []struct {
		name     string
		p, other *Promotion
		want     bool
	}{
		{"never after early", never, early, true}, {"early after never", early, never, false}, {"never after never", never, never, false},
		{"late after early", late, early, true}, {"early after late", early, late, false},
	} {
		if got := c.p.EndsAfter(c.other); got != c.want {
			t.Errorf("%s: got %t, want %t", c.name, got, c.want)
		}
	}
}
