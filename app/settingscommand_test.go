package app_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"galleria/app/shoptest"
)

func TestTheShopIsRenamedByCommand(t *testing.T) {
	t.Parallel()
	shop := shoptest.Open(t, shoptest.Layout{})
	run := func(want int, says string, args ...string) string {
		t.Helper()
		out, code := shop.Run(t, append([]string{"settings"}, args...)...)
		if code != want || !strings.Contains(out, says) {
			t.Errorf("galleria settings %s: got exit %d and\n%s\nwant %d and %q", strings.Join(args, " "), code, out, want, says)
		}
		return out
	}
	run(0, "everywhere", "show")
	run(0, "version 1", "set", "--name", "Löwe & Söhne", "--countries", "PT,AT")
	run(0, "Löwe & Söhne", "show")
	run(0, "AT PT", "show")

	// What show prints is what set reads; what a file leaves out stays.
	before := run(0, `"version": 1`, "show", "--json")
	file := filepath.Join(t.TempDir(), "shop.yaml")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(before)
	run(0, "version 1", "set", file) // says the same: nothing was changed
	write("version: 1\nabout: Lamps since 1890.\nimprint: |\n  # Who we are\n\n  Löwe & Söhne\n")
	run(0, "version 2", "set", file)
	run(1, "not in version 1 any more", "set", file, "--about", "Too late.")
	run(1, "not in version 1 any more", "set", "--seen", "1", "--about", "Too late.")
	var got struct {
		Version              int
		Name, About, Imprint string
		Countries            []string
	}
	if err := json.Unmarshal([]byte(run(0, "", "show", "--json")), &got); err != nil {
		t.Fatal(err)
	}
	if got.Version != 2 || got.Name != "Löwe & Söhne" || got.About != "Lamps since 1890." || !strings.HasPrefix(got.Imprint, "# Who we are\n\nLöwe") || len(got.Countries) != 2 {
		t.Errorf("got %+v", got)
	}

	write("nam: Arco\n")
	run(1, "field nam not found", "set", file)
	run(1, "name must have up to 40 characters", "set", "--name", strings.Repeat("x", 41))
	run(1, "countries must be codes", "set", "--countries", "Atlantis")
	run(1, "base64", "set", "--name", "Arco", writeLogo(t, "not a picture!"))
	run(1, "currencies must be codes of ISO 4217", "set", "--currencies", "EUR,QQQ")
	run(0, "version 3", "set", "--name", "", "--countries", "", "--currencies", "USD,EUR")
	run(0, "everywhere", "show")
	run(0, "USD EUR", "show")
}

func TestACurrencyInWhichNothingCanBeBoughtIsNamedByCommand(t *testing.T) {
	t.Parallel()
	shop := shoptest.Open(t, shoptest.Layout{Demo: true})
	run := func(args ...string) string {
		t.Helper()
		out, code := shop.Run(t, args...)
		if code != 0 {
			t.Fatalf("galleria %s: got exit %d and\n%s", strings.Join(args, " "), code, out)
		}
		return out
	}
	if out := run("settings", "show"); strings.Contains(out, "has a price in") {
		t.Errorf("the shop's own currency: got\n%s", out)
	}
	const missing = "No product and no way to send goods has a price in NOK"
	for _, args := range [][]string{{"settings", "set", "--currencies", "EUR,NOK"}, {"settings", "show"}, {"tariffs", "show"}} {
		if out := run(args...); strings.Count(out, "has a price in") != 1 || !strings.Contains(out, missing) {
			t.Errorf("galleria %s: got\n%s\nwant once that nothing has a price in NOK", strings.Join(args, " "), out)
		}
	}
	file := filepath.Join(t.TempDir(), "tariffs.yaml")
	if err := os.WriteFile(file, []byte("delivery: {post: {name: Post, rates: [home 5 EUR, home 50 NOK]}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := run("tariffs", "set", file); !strings.Contains(out, "No product has a price in NOK") {
		t.Errorf("after delivery has a price: got\n%s", out)
	}
}

// writeLogo is a file with a logo.
func writeLogo(t *testing.T, logo string) string {
	file := filepath.Join(t.TempDir(), "logo.json")
	if err := os.WriteFile(file, []byte(`{"logo": "`+logo+`"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
