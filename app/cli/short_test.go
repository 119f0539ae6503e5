package cli

import (
	"testing"
	"time"
)

func TestDurationsAreShownWithThreeDigits(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 999: "999ns", 1234: "1.23µs", 163840: "164µs", 5242880: "5.24ms", 12345678901: "12.3s",
	} {
		if got := short(d); got != want {
			t.Errorf("short(%d): got %s, want %s", d, got, want)
		}
	}
}
