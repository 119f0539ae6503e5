package telemetry_test

import (
	"strings"
	"testing"

	"galleria/platform/telemetry"
)

func TestIdentificationNumbersAreMaskedHoweverTheyAreWritten(t *testing.T) {
	for text, want := range map[string]string{
		"4242424242424242":                        "************4242",
		"4242 4242 4242 4242":                     "**** **** **** 4242",
		"4242-4242-4242-4242":                     "****-****-****-4242",
		"4242  4242 - 4242  4242":                 "4242  4242 - 4242  4242", // not how one is written
		"3782 822463 10005":                       "**** ****** *0005",
		"4222222222222":                           "*********2222",
		"6304 0000 0000 0000 000":                 "**** **** **** ***0 000",
		"number=4242424242424242&check=123":       "number=************4242&check=123",
		"n4242424242424242n":                      "n************4242n",
		"a 4000000000000002, b 5555555555554444.": "a ************0002, b ************4444.",
		"2 of 4242 4242 4242 4242 12 34":          "2 of **** **** **** 4242 12 34",
		"4242424242424242 4000000000000002":       "**************** ************0002",
		"%3D4242424242424242":                     "%3D************4242",
	} {
		if got := telemetry.MaskNumbers(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestOtherNumbersStay(t *testing.T) {
	for _, text := range []string{
		"", "no digits", "4242", "4242424242424241", "424242424242", // too short
		"42424242424242424242424242424242",     // too long
		"2026-11-21T09:15:00.123456789Z",       // a time
		"4242424242424242a000000000000000",     // a trace id
		"00000000-4242-4242-8242-a24242424242", // a request id
		"+49 30 1234567", "192.168.100.200",
	} {
		if got := telemetry.MaskNumbers(text); got != text {
			t.Errorf("%q: got %q, want it unchanged", text, got)
		}
	}
}

func TestATextWithoutSuchANumberCostsNoMemory(t *testing.T) {
	text := strings.Repeat("nothing to see here, 12 times; ", 10)
	if n := testing.AllocsPerRun(100, func() { telemetry.MaskNumbers(text) }); n != 0 {
		t.Errorf("got %v allocations, want none", n)
	}
}

func FuzzMaskNumbers(f *testing.F) {
	for _, seed := range []string{"4242 4242 4242 4242", "1-2-3", "00000000000000000000", "a4242424242424242-"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := telemetry.MaskNumbers(text)
		if len(got) != len(text) {
			t.Fatalf("%q: got %q, which is not as long", text, got)
		}
		for i := range text {
			if got[i] != text[i] && (got[i] != '*' || text[i] < '0' || text[i] > '9') {
				t.Fatalf("%q: got %q, which changes more than digits to stars", text, got)
			}
		}
	})
}
