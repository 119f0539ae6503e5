package card

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
)

var now = time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)

func TestACardIsGoodUntilItsMonthHasEndedEverywhere(t *testing.T) {
	for _, c := range []struct {
		month, year int
		at          time.Time
		bad         string
	}{
		{6, 2026, now, ""},
		{6, 2026, time.Date(2026, 6, 30, 23, 59, 0, 0, time.UTC), ""},
		{6, 2026, time.Date(2026, 7, 1, 11, 59, 0, 0, time.UTC), ""},
		{6, 2026, time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC), "exp_month"},
		{12, 2025, now, "exp_year"},
		{12, 2026, time.Date(2027, 1, 1, 11, 0, 0, 0, time.UTC), ""},
		{5, 2026, now, "exp_month"},
		{1, 2077, now, "exp_year"},
		{0, 2030, now, "exp_month"},
		{13, 2030, now, "exp_month"},
		{1, 30, now, "exp_year"},
	} {
		_, problems := Parse("4242424242424242", c.month, c.year, "123", c.at)
		got := ""
		if len(problems) > 0 {
			got = problems[0].Field
		}
		if got != c.bad {
			t.Errorf("%d/%d at %v: got problem with %q, want %q", c.month, c.year, c.at, got, c.bad)
		}
	}
}

func TestBrandsAreKnownByTheirFirstDigits(t *testing.T) {
	for number, want := range map[string]string{
		"4242424242424242": "visa", "4000056655665556": "visa", "5555555555554444": "mastercard", "2223003122003222": "mastercard",
		"378282246310005": "amex", "371449635398431": "amex", "6011111111111117": "discover", "6445644564456445": "discover",
		"30569309025904": "diners", "36227206271667": "diners", "3566002020360505": "jcb", "6200000000000005": "unionpay",
		"6759649826438453": "maestro", "9999999999999995": "unknown",
	} {
		if got := brandOf(number); got != want || !luhn(number) {
			t.Errorf("%s: got %s with check digit %t, want %s with a right one", number, got, luhn(number), want)
		}
	}
}

func TestACheckDigitThatIsWrongIsNoticed(t *testing.T) {
	good := "4242424242424242"
	for i := range good {
		for d := byte('0'); d <= '9'; d++ {
			if bad := good[:i] + string(d) + good[i+1:]; bad != good && luhn(bad) {
				t.Errorf("%s passes, want it noticed", bad)
			}
		}
	}
}

func TestLengthsOfNumbersAreBounded(t *testing.T) {
	for _, c := range []struct {
		number string
		ok     bool
	}{
		{strings.Repeat("0", 11), false}, {strings.Repeat("0", 12), true}, {strings.Repeat("0", 19), true}, {strings.Repeat("0", 20), false},
	} {
		if _, problems := Parse(c.number, 1, 2030, "123", now); (len(problems) == 0) != c.ok {
			t.Errorf("%d digits: got %v, want ok %t", len(c.number), problems, c.ok)
		}
	}
}

func TestACardNeverPrintsWhatIsSecret(t *testing.T) {
	c, problems := Parse("4242 4242 4242 4242", 12, 2030, "987", now)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+" "+verb+" "+verb+"\n", c, &c, []any{c, struct{ C Card }{c}})
	}
	for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(h).Info("card", "card", c, "pointer", &c, "inside", map[string]any{"c": c}, "error", fmt.Errorf("card %v", c))
	}
	if err := json.NewEncoder(&out).Encode(map[string]any{"card": c}); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"4242424242424242", "424242424242", "987"} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("found %s in\n%s", secret, out.String())
		}
	}
	if !strings.Contains(out.String(), "visa ••••4242") {
		t.Errorf("got\n%s\nwant brand and last four digits in it", out.String())
	}
}
