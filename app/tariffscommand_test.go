package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"galleria/app/shoptest"
)

// TestTariffsAreChangedByCommand: what show prints is what set reads, and what the
// configuration file has.
func TestTariffsAreChangedByCommand(t *testing.T) {
	t.Parallel()
	shop := shoptest.Open(t, shoptest.Layout{})
	run := func(want int, says string, args ...string) string {
		t.Helper()
		out, code := shop.Run(t, append([]string{"tariffs"}, args...)...)
		if code != want || !strings.Contains(out, says) {
			t.Errorf("galleria tariffs %s: got exit %d and\n%s\nwant %d and %q", strings.Join(args, " "), code, out, want, says)
		}
		return out
	}
	file := filepath.Join(t.TempDir(), "tariffs.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	before := run(0, "changed: false", "show")
	write(before)
	run(0, "nothing was different", "set", file)
	write(run(0, `"home 4.90 EUR up to 5kg"`, "show", "--json"))
	run(0, "nothing was different", "set", file)

	write(strings.Replace(before, "home 4.90 EUR up to 5kg", "home 5.20 EUR up to 5kg", 1))
	run(0, "the tariffs are in version", "set", file)
	run(0, "home 5.20 EUR up to 5kg", "show")
	run(0, "home 4.90 EUR up to 5kg", "show", "--configured")
	write(strings.Replace(before, "home 4.90 EUR up to 5kg", "home 6.00 EUR up to 5kg", 1))
	run(1, "nothing was changed: the tariffs are not in version", "set", file)

	// What a file leaves out stays.
	write("taxes: {DE: VAT included 16%}\n")
	run(0, "the tariffs are in version", "set", file)
	if out := run(0, "home 5.20 EUR up to 5kg", "show"); !strings.Contains(out, "DE: VAT included 16%") || strings.Contains(out, "AT: VAT") {
		t.Errorf("got %s, want one tax", out)
	}
	write("delivery: {post: {name: Post, rates: [moon 5 EUR, home 5 XYZ]}}\n")
	run(1, `delivery.post.rates[1] "home 5 XYZ": money: unknown currency "XYZ"; delivery.post.rates[0] names the zone moon`, "set", file)
	write("deliveries: {}\n")
	run(1, "field deliveries not found", "set", file)
	run(0, "the configuration holds", "reset")
	run(0, "changed: false", "show")
	run(0, "the configuration holds", "reset")
}
