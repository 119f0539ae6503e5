package money

import (
	"fmt"
	"strconv"
	"strings"
)

// Parse reads a decimal such as "12.90", "12.9", "12" or "-0.05". It refuses
// more decimals than the currency has, even zeros, for they hint at another
// currency or unit; and signs, spaces, separators of thousands and exponents.
// It fails with ErrCurrency, ErrSyntax or ErrOverflow.
func Parse(text, currency string) (Money, error) {
	digits, ok := exponents[currency]
	if !ok {
		return Money{}, fmt.Errorf("%w %q", ErrCurrency, currency)
	}
	unsigned, negative := strings.CutPrefix(text, "-")
	whole, decimals, point := strings.Cut(unsigned, ".")
	if !isNumber(whole) || point && !isNumber(decimals) {
		return Money{}, fmt.Errorf("%w: %q", ErrSyntax, text)
	}
	if len(decimals) > digits {
		return Money{}, fmt.Errorf("%w: %q has %d decimals, %s has %d", ErrSyntax, text, len(decimals), currency, digits)
	}
	size, err := strconv.ParseUint(whole+decimals+strings.Repeat("0", digits-len(decimals)), 10, 64)
	minor, fits := signed(size, negative)
	if err != nil || !fits {
		return Money{}, fmt.Errorf("%w: %q", ErrOverflow, text)
	}
	return Money{currency, minor}, nil
}

func isNumber(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// Decimal is the amount without the currency, as Parse reads it: "12.90".
func (m Money) Decimal() string {
	sign, whole, decimals := m.split()
	return sign + whole + decimals
}

// String is for logs and programs: "12.90 EUR".
func (m Money) String() string { return m.Decimal() + " " + m.currency }

// Format is for pages: "€12.90", "¥1,290", and for currencies without a symbol
// of their own the code and a no-break space, "CHF 12.90".
func (m Money) Format() string {
	sign, whole, decimals := m.split()
	mark, ok := symbols[m.currency]
	if !ok {
		mark = m.currency + "\u00a0"
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return sign + mark + whole + decimals
}

// split returns "-" or "", the major units, and the decimals with their point.
func (m Money) split() (sign, whole, decimals string) {
	if m.minor < 0 {
		sign = "-"
	}
	digits := exponents[m.currency]
	text := strconv.FormatUint(magnitude(m.minor), 10)
	if missing := digits + 1 - len(text); missing > 0 {
		text = strings.Repeat("0", missing) + text
	}
	whole, decimals = text[:len(text)-digits], text[len(text)-digits:]
	if decimals != "" {
		decimals = "." + decimals
	}
	return sign, whole, decimals
}
