package money

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func must(m Money, err error) Money {
	if err != nil {
		panic(err)
	}
	return m
}

func Example() {
	price := must(Parse("12.90", "EUR"))
	total := must(price.Times(3))
	fmt.Println(total, total.Format())
	parts, _ := total.Allocate([]int64{1, 1, 1, 1})
	fmt.Println(parts)
	// Output:
	// 38.70 EUR €38.70
	// [9.68 EUR 9.68 EUR 9.67 EUR 9.67 EUR]
}

func TestTextForms(t *testing.T) {
	for _, c := range []struct {
		currency      string
		minor         int64
		text, onAPage string
	}{
		{"EUR", 1290, "12.90 EUR", "€12.90"},
		{"EUR", -5, "-0.05 EUR", "-€0.05"},
		{"USD", 123456789, "1234567.89 USD", "$1,234,567.89"},
		{"JPY", 1290, "1290 JPY", "¥1,290"},
		{"JPY", 0, "0 JPY", "¥0"},
		{"KWD", 1, "0.001 KWD", "KWD\u00a00.001"},
		{"CHF", 100000, "1000.00 CHF", "CHF\u00a01,000.00"},
		{"EUR", math.MinInt64, "-92233720368547758.08 EUR", "-€92,233,720,368,547,758.08"},
	} {
		m := must(New(c.currency, c.minor))
		if got := m.String(); got != c.text {
			t.Errorf("String: got %q, want %q", got, c.text)
		}
		if got := m.Format(); got != c.onAPage {
			t.Errorf("Format: got %q, want %q", got, c.onAPage)
		}
	}
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		text, currency string
		want           int64
		err            error
	}{
		{"12.90", "EUR", 1290, nil},
		{"12.9", "EUR", 1290, nil},
		{"12", "EUR", 1200, nil},
		{"-0.05", "EUR", -5, nil},
		{"007", "JPY", 7, nil},
		{"1.234", "KWD", 1234, nil},
		{"-92233720368547758.08", "EUR", math.MinInt64, nil},
		{"92233720368547758.08", "EUR", 0, ErrOverflow},
		{"99999999999999999999999", "JPY", 0, ErrOverflow},
		{"12.901", "EUR", 0, ErrSyntax},
		{"12.900", "EUR", 0, ErrSyntax},
		{"12.0", "JPY", 0, ErrSyntax},
		{"12.", "EUR", 0, ErrSyntax},
		{".5", "EUR", 0, ErrSyntax},
		{"", "EUR", 0, ErrSyntax},
		{"-", "EUR", 0, ErrSyntax},
		{"+1", "EUR", 0, ErrSyntax},
		{"--1", "EUR", 0, ErrSyntax},
		{" 1", "EUR", 0, ErrSyntax},
		{"1,000.00", "EUR", 0, ErrSyntax},
		{"12,90", "EUR", 0, ErrSyntax},
		{"1e3", "EUR", 0, ErrSyntax},
		{"1.2.3", "EUR", 0, ErrSyntax},
		{"١", "EUR", 0, ErrSyntax},
		{"1.00", "eur", 0, ErrCurrency},
		{"1.00", "XXX", 0, ErrCurrency},
		{"1.00", "", 0, ErrCurrency},
	} {
		got, err := Parse(c.text, c.currency)
		if !errors.Is(err, c.err) || got.Minor() != c.want {
			t.Errorf("Parse(%q, %q): got %d and %v, want %d and %v", c.text, c.currency, got.Minor(), err, c.want, c.err)
		}
	}
}

func TestUnknownCurrencyIsRefused(t *testing.T) {
	for _, code := range []string{"", "EU", "eur", "EURO", "XTS"} {
		if _, err := New(code, 1); !errors.Is(err, ErrCurrency) {
			t.Errorf("New(%q): got %v, want ErrCurrency", code, err)
		}
	}
}

func TestCurrenciesDoNotMix(t *testing.T) {
	a, b := must(New("EUR", 1)), must(New("USD", 1))
	_, add := a.Add(b)
	_, sub := a.Sub(b)
	_, compare := a.Compare(b)
	_, zero := Money{}.Add(Money{})
	for i, err := range []error{add, sub, compare, zero} {
		if !errors.Is(err, ErrMismatch) {
			t.Errorf("%d: got %v, want ErrMismatch", i, err)
		}
	}
}

func TestSharesThatMakeNoSenseAreRefused(t *testing.T) {
	m := must(New("EUR", 100))
	for _, shares := range [][]int64{nil, {}, {0, 0}, {1, -1}} {
		if _, err := m.Allocate(shares); !errors.Is(err, ErrShares) {
			t.Errorf("%v: got %v, want ErrShares", shares, err)
		}
	}
	if _, err := m.Allocate([]int64{math.MaxInt64, 1}); !errors.Is(err, ErrOverflow) {
		t.Errorf("got %v, want ErrOverflow", err)
	}
}

// amounts favours the ends of the range, where arithmetic breaks.
func amounts() *rapid.Generator[Money] {
	return rapid.Custom(func(t *rapid.T) Money {
		currency := rapid.SampledFrom([]string{"EUR", "JPY", "KWD"}).Draw(t, "currency")
		return Money{currency, rapid.Int64().Draw(t, "minor")}
	})
}

func TestParseReadsWhatDecimalWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := amounts().Draw(t, "m")
		got, err := Parse(m.Decimal(), m.Currency())
		if err != nil || got != m {
			t.Fatalf("got %v and %v, want %v", got, err, m)
		}
	})
}

func TestArithmeticIsExactOrReportsOverflow(t *testing.T) {
	operations := map[string]struct {
		do   func(a, b Money) (Money, error)
		want func(z, a, b *big.Int) *big.Int
	}{
		"add":   {Money.Add, (*big.Int).Add},
		"sub":   {Money.Sub, (*big.Int).Sub},
		"times": {func(a, b Money) (Money, error) { return a.Times(b.minor) }, (*big.Int).Mul},
	}
	edges := rapid.OneOf(rapid.Int64(), rapid.Int64Range(-3, 3),
		rapid.SampledFrom([]int64{math.MinInt64, math.MinInt64 + 1, math.MaxInt64, math.MaxInt64 - 1, 1 << 32}))
	for name, operation := range operations {
		t.Run(name, rapid.MakeCheck(func(t *rapid.T) {
			a, b := Money{"EUR", edges.Draw(t, "a")}, Money{"EUR", edges.Draw(t, "b")}
			want := operation.want(new(big.Int), big.NewInt(a.minor), big.NewInt(b.minor))
			got, err := operation.do(a, b)
			switch {
			case !want.IsInt64():
				if !errors.Is(err, ErrOverflow) {
					t.Fatalf("got %v and %v, want ErrOverflow", got, err)
				}
			case err != nil || got.minor != want.Int64():
				t.Fatalf("got %v and %v, want %v", got, err, want)
			}
		}))
	}
}

func TestPartsSumToTheWholeAndAreFair(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := amounts().Draw(t, "m")
		shares := rapid.SliceOfN(rapid.Int64Range(0, math.MaxInt64/20), 1, 20).Draw(t, "shares")
		total := new(big.Int)
		for _, share := range shares {
			total.Add(total, big.NewInt(share))
		}
		parts, err := m.Allocate(shares)
		if total.Sign() == 0 {
			if !errors.Is(err, ErrShares) {
				t.Fatalf("got %v, want ErrShares", err)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		sum := new(big.Int)
		for i, part := range parts {
			sum.Add(sum, big.NewInt(part.minor))
			// |part·total - m·share| < total: within one unit of the exact value.
			exact := new(big.Int).Mul(big.NewInt(m.minor), big.NewInt(shares[i]))
			off := exact.Sub(exact, new(big.Int).Mul(big.NewInt(part.minor), total))
			if off.CmpAbs(total) >= 0 {
				t.Errorf("part %d is %v: off by a unit or more", i, part)
			}
		}
		if sum.Cmp(big.NewInt(m.minor)) != 0 {
			t.Fatalf("parts sum to %v, want %v", sum, m.minor)
		}
	})
}
