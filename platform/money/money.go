// Package money is amounts of money: an ISO 4217 currency and a whole number
// of its minor units (cents), with arithmetic that reports overflow instead of
// wrapping round. There are no fractions of a minor unit and no floats.
package money

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"
)

var (
	// ErrOverflow: the result does not fit into 64 bits.
	ErrOverflow = errors.New("money: overflow")
	// ErrMismatch: two amounts of different currencies.
	ErrMismatch = errors.New("money: currencies differ")
	// ErrCurrency: not a currency of ISO 4217.
	ErrCurrency = errors.New("money: unknown currency")
	// ErrSyntax: the text is not an amount in that currency.
	ErrSyntax = errors.New("money: not an amount")
	// ErrShares: no shares, a negative one, or all zero.
	ErrShares = errors.New("money: shares must not be negative nor all zero")
)

// Money is an amount, possibly negative. Comparable with ==. The zero value has
// no currency and goes together with nothing; make amounts with New or Parse.
type Money struct {
	currency string
	minor    int64
}

// New returns minor units of a currency: New("EUR", 1290) is € 12.90,
// New("JPY", 1290) is ¥ 1290. It fails with ErrCurrency.
func New(currency string, minor int64) (Money, error) {
	if _, ok := exponents[currency]; !ok {
		return Money{}, fmt.Errorf("%w %q", ErrCurrency, currency)
	}
	return Money{currency, minor}, nil
}

// Currency is the ISO 4217 code.
func (m Money) Currency() string { return m.currency }

// Minor is the amount in minor units.
func (m Money) Minor() int64 { return m.minor }

// IsZero reports whether the amount is nothing, in whatever currency.
func (m Money) IsZero() bool { return m.minor == 0 }

// Negative reports whether the amount is below zero.
func (m Money) Negative() bool { return m.minor < 0 }

// Add returns m + o. It fails with ErrMismatch or ErrOverflow.
func (m Money) Add(o Money) (Money, error) {
	if err := m.match(o); err != nil {
		return Money{}, err
	}
	sum := m.minor + o.minor
	if (sum > m.minor) != (o.minor > 0) {
		return Money{}, fmt.Errorf("%w: %s + %s", ErrOverflow, m, o)
	}
	return Money{m.currency, sum}, nil
}

// Sub returns m - o. It fails with ErrMismatch or ErrOverflow.
func (m Money) Sub(o Money) (Money, error) {
	if err := m.match(o); err != nil {
		return Money{}, err
	}
	difference := m.minor - o.minor
	if (difference < m.minor) != (o.minor > 0) {
		return Money{}, fmt.Errorf("%w: %s - %s", ErrOverflow, m, o)
	}
	return Money{m.currency, difference}, nil
}

// Times returns m multiplied by n. It fails with ErrOverflow.
func (m Money) Times(n int64) (Money, error) {
	high, low := bits.Mul64(magnitude(m.minor), magnitude(n))
	product, ok := signed(low, (m.minor < 0) != (n < 0))
	if high != 0 || !ok {
		return Money{}, fmt.Errorf("%w: %s × %d", ErrOverflow, m, n)
	}
	return Money{m.currency, product}, nil
}

// Compare returns -1, 0 or +1 as m is less than, equal to or more than o. It
// fails with ErrMismatch.
func (m Money) Compare(o Money) (int, error) {
	if err := m.match(o); err != nil {
		return 0, err
	}
	switch {
	case m.minor < o.minor:
		return -1, nil
	case m.minor > o.minor:
		return 1, nil
	}
	return 0, nil
}

// Allocate splits m in proportion to shares, by largest remainder: the parts
// sum to m exactly, and each is within one minor unit of its exact value. Of
// equal remainders the earlier part gets the unit. It fails with ErrShares, or
// with ErrOverflow when the shares sum to more than fits.
func (m Money) Allocate(shares []int64) ([]Money, error) {
	var total uint64
	for _, share := range shares {
		if share < 0 {
			return nil, ErrShares
		}
		if total += uint64(share); total > math.MaxInt64 {
			return nil, fmt.Errorf("%w: sum of shares", ErrOverflow)
		}
	}
	if total == 0 {
		return nil, ErrShares
	}
	whole := magnitude(m.minor)
	left := whole
	parts := make([]uint64, len(shares))
	remainders := make([]uint64, len(shares))
	order := make([]int, len(shares))
	for i, share := range shares {
		// 128 bits in between; share ≤ total, so the quotient fits 64.
		high, low := bits.Mul64(whole, uint64(share))
		parts[i], remainders[i] = bits.Div64(high, low, total)
		left -= parts[i]
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case remainders[a] > remainders[b]:
			return -1
		case remainders[a] < remainders[b]:
			return 1
		}
		return 0
	})
	for _, i := range order[:left] { // fewer units are left than there are remainders above zero
		parts[i]++
	}
	result := make([]Money, len(parts))
	for i, part := range parts {
		minor, _ := signed(part, m.minor < 0) // no part exceeds the whole
		result[i] = Money{m.currency, minor}
	}
	return result, nil
}

func (m Money) match(o Money) error {
	if m.currency != o.currency || m.currency == "" {
		return fmt.Errorf("%w: %q and %q", ErrMismatch, m.currency, o.currency)
	}
	return nil
}

// magnitude is |n|; that of the smallest int64 fits only without a sign.
func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

func signed(magnitude uint64, negative bool) (n int64, ok bool) {
	if negative {
		return -int64(magnitude), magnitude <= 1<<63
	}
	return int64(magnitude), magnitude <= math.MaxInt64
}
