package tariff

import (
	"encoding"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestTextsAreReadAndWrittenTheSame(t *testing.T) {
	for _, row := range []struct {
		into interface {
			encoding.TextUnmarshaler
			encoding.TextMarshaler
		}
		text, want string
	}{
		{&Tax{}, "VAT included 19%, reduced 7 %, books 7.0%", "VAT included 19%, books 7%, reduced 7%"},
		{&Tax{}, "Sales tax added 8.875%", "Sales tax added 8.875%"},
		{&Tax{}, "none", "none"},
		{&Step{}, "home 4.90 EUR up to 5kg from 40 EUR", "home 4.90 EUR up to 5kg from 40.00 EUR"},
		{&Step{}, "eu 0 JPY up to 31.5 kg", "eu 0 JPY up to 31.5kg"},
		{&Step{}, "eu 1.250 BHD up to 500g", "eu 1.250 BHD up to 500g"},
		{&Days{}, "home 2-4", "home 2-4"},
	} {
		if err := row.into.UnmarshalText([]byte(row.text)); err != nil {
			t.Errorf("%q: %v", row.text, err)
			continue
		}
		if got, err := row.into.MarshalText(); err != nil || string(got) != row.want {
			t.Errorf("%q: got %q and %v, want %q", row.text, got, err, row.want)
		}
	}
}

func TestBadTextsAreRefusedByName(t *testing.T) {
	for _, row := range []struct {
		into encoding.TextUnmarshaler
		text string
	}{
		{&Tax{}, ""}, {&Tax{}, "19%"}, {&Tax{}, "VAT included 101%"}, {&Tax{}, "VAT included 19"}, {&Tax{}, "VAT included 19%, reduced"},
		{&Tax{}, "VAT included 19%, food 7%, food 5%"}, {&Tax{}, "VAT included 19%, standard 7%"}, {&Tax{}, "VAT included 19%, zero 7%"}, {&Tax{}, "VAT included 1.23456%"},
		{&Step{}, "home 4.90"}, {&Step{}, "home 4.905 EUR"}, {&Step{}, "home 4.90 XXX"}, {&Step{}, "home -1 EUR"}, {&Step{}, "home 1 EUR up to 0kg"},
		{&Step{}, "home 1 EUR up to 1.5g"}, {&Step{}, "home 1 EUR from 5 USD"}, {&Step{}, "home 1 EUR up to 5"}, {&Step{}, "home 1.005 KWD"},
		{&Days{}, "home"}, {&Days{}, "home 4-2"}, {&Days{}, "2-4"},
	} {
		if err := row.into.UnmarshalText([]byte(row.text)); err == nil {
			t.Errorf("%T %q: got no error", row.into, row.text)
		}
	}
}

// TestSharesAreRoundedToTheNearestHalfUp against big integers.
func TestSharesAreRoundedToTheNearestHalfUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := rapid.Int64Range(1, 2_000_000).Draw(t, "whole")
		part := rapid.Int64Range(0, whole).Draw(t, "part")
		step := rapid.SampledFrom([]int64{1, 10}).Draw(t, "step")
		amount := step * rapid.Int64Range(0, 1<<56).Draw(t, "amount")
		twice := new(big.Int).Mul(big.NewInt(2*amount), big.NewInt(part))
		want := twice.Add(twice, big.NewInt(whole*step)).Div(twice, big.NewInt(2*whole*step)).Int64() * step
		if got := Share(amount, part, whole, step); got != want {
			t.Fatalf("%d × %d / %d in steps of %d: got %d, want %d", amount, part, whole, step, got, want)
		}
	})
}

func TestDefaultsCoverTheUnionAndHaveNoPlaceTwice(t *testing.T) {
	taxes := DefaultTaxes()
	defaults := Table{taxes, Delivery{Home: "DE", Zones: DefaultZones(), Options: DefaultOptions()}}
	if wrong := defaults.CheckChange(); len(wrong) > 0 {
		t.Errorf("got %v, want nothing wrong", wrong)
	}
	for _, country := range DefaultZones()["eu"] {
		if tax := taxes.At(country, ""); !tax.Included || tax.Standard < 150_000 {
			t.Errorf("%s: got %+v, want a tax within the prices of 15 %% at least", country, tax)
		}
	}
	if n := len(DefaultZones()["eu"]); n != 27 {
		t.Errorf("the union has %d countries, want 27", n)
	}
	for place, tax := range taxes {
		for class, rate := range tax.Classes {
			if rate > tax.Standard {
				t.Errorf("%s: %s is taxed more than the standard", place, class)
			}
		}
		if strings.HasPrefix(place, "US-") == tax.Included {
			t.Errorf("%s: included is %v", place, tax.Included)
		}
	}
}

func TestTheLowestRateThatFitsHolds(t *testing.T) {
	d := Delivery{Home: "DE", Zones: DefaultZones(), Options: DefaultOptions()}
	for _, row := range []struct {
		country      string
		grams, value int64
		want         string
	}{
		{"DE", 500, 1000, "standard 490 express 1290"},
		{"DE", 5000, 5999, "standard 490 express 1290"},
		{"DE", 5001, 5999, "standard 990 express 1290"},
		{"DE", 5001, 6000, "standard 0 express 1290"},
		{"DE", 31_501, 6000, ""},
		{"FR", 500, 1000, "standard 990 express 2490"},
		{"GB", 500, 1000, "standard 1290 express 2990"},
		{"AU", 500, 1000, "standard 1990 express 3990"},
	} {
		var got []string
		for _, o := range d.Offers(Parcel{Country: row.country, Currency: "EUR", Grams: row.grams, Value: row.value}) {
			got = append(got, fmt.Sprint(o.ID, " ", o.Price))
		}
		if strings.Join(got, " ") != row.want {
			t.Errorf("%s, %d g, %d: got %v, want %s", row.country, row.grams, row.value, got, row.want)
		}
	}
}
