package lifecycle

import (
	"testing"
	"time"
)

func TestLongWaitsEndTogether(t *testing.T) {
	const ms = time.Millisecond
	even := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		since, wait, want time.Duration // since an even second
	}{
		{300 * ms, 999 * ms, 999 * ms}, // short ones end when they are asked to
		{3 * ms, 1000 * ms, 997 * ms},
		{600 * ms, 1500 * ms, 1400 * ms},
		{3 * ms, 2000 * ms, 1997 * ms},
		{1200 * ms, 2000 * ms, 800 * ms},
		{1999 * ms, 2000 * ms, 2001 * ms}, // ended early
		{3 * ms, 5000 * ms, 3997 * ms},
		{3 * ms, 60000 * ms, 59997 * ms},
	} {
		if got := together(even.Add(c.since), c.wait); got != c.want {
			t.Errorf("%s after an even second a wait of %s takes %s, want %s", c.since, c.wait, got, c.want)
		}
	}
}
