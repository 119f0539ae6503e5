package app_test

import (
	"encoding/json"
	"strings"
	"testing"

	"galleria/app/shoptest"
)

// TestOperatorsMakePromotionsByCommand: an operator of an open shop adds promotions of
// each kind, sees them, changes one and ends one; what can't be is refused with the
// flag's name.
func TestOperatorsMakePromotionsByCommand(t *testing.T) {
	t.Parallel()
	shop := shoptest.Open(t, shoptest.Layout{})
	run := func(want int, says string, args ...string) string {
		t.Helper()
		out, code := shop.Run(t, append([]string{"promotions"}, args...)...)
		if code != want || !strings.Contains(out, says) {
			t.Errorf("galleria promotions %s: got exit %d and\n%s\nwant %d and %q", strings.Join(args, " "), code, out, want, says)
		}
		return out
	}
	run(0, "there are no promotions", "list")
	run(0, "12.5 %", "add", "summer", "--name", "Summer", "--percent", "12.5", "--category", "garden", "--starts", "2026-07-01", "--ends", "2999-09-01")
	run(0, "5.00 EUR or 500 JPY, from 40.00 EUR", "add", "hello5", "--name", "Hello", "--amount", "5 EUR", "--amount", "500 JPY",
		"--minimum", "40 EUR", "--code", "HELLO5", "--max-uses", "3", "--max-uses-per-customer", "1", "--combinable")
	run(0, "1 free of 3", "add", "three", "--name", "Three for two", "--buy", "2", "--get", "1", "--sku", "GONG-1", "--tag", "brass")
	run(0, "the cheapest delivery", "add", "sent", "--name", "Sent free", "--free-delivery", "--json=false")

	var rows []struct {
		ID, Kind, Starts, Ends string
		Codes, Categories      []string
		Amounts, Minimums      map[string]int64
		Percent_millionths     int64
		Max_uses               int64
		Combinable             bool
	}
	list := func(want int, args ...string) {
		t.Helper()
		out := run(0, "", append([]string{"list", "--json"}, args...)...)
		if err := json.Unmarshal([]byte(out), &rows); err != nil || len(rows) != want {
			t.Fatalf("got %s (%v), want %d promotions", out, err, want)
		}
	}
	list(4)
	hello, summer := rows[0], rows[2]
	if hello.ID != "hello5" || hello.Kind != "amount" || hello.Amounts["JPY"] != 500 || hello.Amounts["EUR"] != 500 || hello.Minimums["EUR"] != 4000 ||
		hello.Max_uses != 3 || !hello.Combinable || len(hello.Codes) != 1 {
		t.Errorf("got %+v", hello)
	}
	if summer.Percent_millionths != 125_000 || summer.Starts != "2026-07-01T00:00:00Z" || len(summer.Categories) != 1 || summer.Combinable {
		t.Errorf("got %+v", summer)
	}
	run(0, "category garden", "list")

	run(1, "there is a promotion summer already", "add", "summer", "--name", "Summer", "--percent", "20")
	run(0, "20 %", "add", "summer", "--name", "Summer", "--percent", "20", "--replace")
	run(1, "the code hello5 belongs to the promotion hello5", "add", "other", "--name", "Other", "--percent", "20", "--code", "hello5")
	run(0, "the promotion summer ended at 20", "end", "summer")
	run(0, "ended", "end", "summer")
	run(1, "there is no promotion winter", "end", "winter")
	list(3)
	list(4, "--ended")
}

// TestPromotionsThatCanNotBeAreRefusedByTheirFlag names what is wrong as it was typed.
func TestPromotionsThatCanNotBeAreRefusedByTheirFlag(t *testing.T) {
	t.Parallel()
	shop := shoptest.Open(t, shoptest.Layout{})
	for says, args := range map[string]string{
		"wants an id":                                  "add --percent 10",
		"wants the id of one promotion":                "end",
		"takes off one of":                             "add x --name X",
		"takes off one of --percent":                   "add x --name X --percent 10 --free-delivery",
		`--percent is a number like 10 or 12.5`:        "add x --name X --percent ten",
		`--percent is above 0 and up to 100`:           "add x --name X --percent 101",
		`--amount is an amount above 0`:                "add x --name X --amount 5",
		`--amount has EUR twice`:                       "add x --name X --amount 5_EUR --amount 6_EUR",
		`--minimum is an amount above 0`:               "add x --name X --percent 10 --minimum 5.001_EUR",
		`--starts is a day like`:                       "add x --name X --percent 10 --starts tomorrow",
		`--ends is after --starts`:                     "add x --name X --percent 10 --starts 2026-07-01 --ends 2026-06-01",
		`--name has 1 to 100 characters`:               "add x --percent 10",
		`the id has 1 to 64 lower-case letters`:        "add Bad! --name X --percent 10",
		`--code has up to 100 entries of 3 to 32`:      "add x --name X --percent 10 --code AB",
		`--max-uses is 0, or, with codes`:              "add x --name X --percent 10 --max-uses 3",
		`--get is between 1 and 99`:                    "add x --name X --buy 2",
		`--max-uses-per-customer is 0, or, with codes`: "add x --name X --percent 10 --max-uses-per-customer 3",
	} {
		words := strings.Fields("promotions " + args)
		for i := range words {
			words[i] = strings.ReplaceAll(words[i], "_", " ")
		}
		if out, code := shop.Run(t, words...); code != 2 || !strings.Contains(out, says) {
			t.Errorf("galleria promotions %s: got exit %d and %q, want 2 and %q", args, code, out, says)
		}
	}
}
