package plaintext_test

import (
	"testing"

	"galleria/platform/plaintext"
)

func TestWhatCanBeKept(t *testing.T) {
	for text, want := range map[string]bool{"": true, "Grüße 🛒": true, "a\nb\t": true, "a\x00b": false, "\xff": false, "\xed\xa0\x80": false} {
		if got := plaintext.Is(text); got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}
