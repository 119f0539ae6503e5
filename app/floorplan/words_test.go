package floorplan

import (
	"testing"
	"time"
)

func TestWhatIsLateByAHairLooksLate(t *testing.T) {
	for _, test := range []struct {
		took, promised         time.Duration
		wantTook, wantPromised string
	}{
		{10_040 * time.Microsecond, 10 * time.Millisecond, "10.04 ms", "10.00 ms"},
		{10_300 * time.Microsecond, 10 * time.Millisecond, "10.3 ms", "10.0 ms"},
		{10*time.Millisecond + time.Nanosecond, 10 * time.Millisecond, "10.000001 ms", "10.000000 ms"},
		{2010 * time.Millisecond, 2 * time.Second, "2.01 s", "2.00 s"},
		{999_900 * time.Microsecond, 999 * time.Millisecond, "1000 ms", "999 ms"},
		{31 * time.Millisecond, 10 * time.Millisecond, "31 ms", "10 ms"},
		{10 * time.Millisecond, 10 * time.Millisecond, "10 ms", "10 ms"},
	} {
		if took, promised := Late(test.took, test.promised); took != test.wantTook || promised != test.wantPromised {
			t.Errorf("%v of %v: got %q of %q, want %q of %q", test.took, test.promised, took, promised, test.wantTook, test.wantPromised)
		}
	}
}
