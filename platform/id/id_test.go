package id

import (
	"encoding/base64"
	"regexp"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestIdentifiersAreSafeEverywhere(t *testing.T) {
	safe := regexp.MustCompile(`^[0-9a-z]{26}$`)
	for range 1000 {
		if got := New(); !safe.MatchString(got) {
			t.Fatalf("got %q, want 26 lower-case letters and digits", got)
		}
	}
}

func TestIdentifiersSortByTheirTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		micros := rapid.Int64Range(0, 1<<55)
		a, b := micros.Draw(t, "a"), micros.Draw(t, "b")
		if a == b {
			return
		}
		earlier, later := at(time.UnixMicro(min(a, b))), at(time.UnixMicro(max(a, b)))
		if earlier >= later {
			t.Fatalf("%q of %d is not before %q of %d", earlier, min(a, b), later, max(a, b))
		}
	})
}

func TestIdentifiersOfOneMomentDiffer(t *testing.T) {
	now := time.Now()
	all := make([]string, 10_000)
	for i := range all {
		all[i] = at(now)
	}
	slices.Sort(all)
	if got := len(slices.Compact(all)); got != 10_000 {
		t.Errorf("got %d different identifiers of 10000", got)
	}
}

func TestSecretsHoldEnoughAndFitInURLs(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		s := Secret()
		raw, err := base64.RawURLEncoding.DecodeString(s)
		if err != nil || len(raw)*8 < 128 {
			t.Fatalf("%d bits, %v; want at least 128, URL-safe", len(raw)*8, err)
		}
		if seen[s] {
			t.Fatal("a secret came twice")
		}
		seen[s] = true
	}
}

func BenchmarkNew(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		New()
	}
}
