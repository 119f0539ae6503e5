// Package tariff is the shop's table of charges: the taxes of each place, and what
// delivery costs. Its types are written as texts in the configuration.
package tariff

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
)

// Rate is a share in millionths: 190000 is 19 %.
type Rate int64

// One is the whole: 100 %.
const One Rate = 1_000_000

// ParseRate reads a rate such as 19%, 25.5 % or 8.875%.
func ParseRate(text string) (Rate, error) {
	number, isPercent := strings.CutSuffix(strings.TrimSpace(text), "%")
	whole, fraction, _ := strings.Cut(strings.TrimSpace(number), ".")
	if !isPercent || !digits(whole, 1, 3) || !digits(fraction, 0, 4) {
		return 0, fmt.Errorf("%q is not a rate such as 19%% or 25.5%%", text)
	}
	n, err := strconv.ParseInt(whole+fraction+strings.Repeat("0", 4-len(fraction)), 10, 64)
	if err != nil || Rate(n) > One {
		return 0, fmt.Errorf("%q is not a rate from 0%% to 100%%", text)
	}
	return Rate(n), nil
}

func digits(text string, least, most int) bool {
	return least <= len(text) && len(text) <= most && strings.Trim(text, "0123456789") == ""
}

// String writes the rate as pages show it: "25.5 %".
func (r Rate) String() string { return r.number() + " %" }

func (r Rate) number() string {
	text := strconv.FormatInt(int64(r)/10_000, 10)
	if fraction := strings.TrimRight(fmt.Sprintf("%04d", int64(r)%10_000), "0"); fraction != "" {
		text += "." + fraction
	}
	return text
}

// Of is the share of an amount that is not negative, rounded to a multiple of step (see
// money.Step), half of it up.
func (r Rate) Of(amount, step int64) int64 { return Share(amount, int64(r), int64(One), step) }

// Within is the tax in an amount that includes it. It is told and not charged, so it is in
// whole minor units.
func (r Rate) Within(amount int64) int64 { return Share(amount, int64(r), int64(One+r), 1) }

// Share is amount × part / whole, rounded to the nearest multiple of step, half of it up,
// and never above the amount. None of them is negative, and part is at most whole.
func Share(amount, part, whole, step int64) int64 {
	high, low := bits.Mul64(uint64(amount), uint64(part))
	divisor := uint64(whole) * uint64(step)
	low, carry := bits.Add64(low, divisor/2, 0) // an odd divisor has no exact halves
	quotient, _ := bits.Div64(high+carry, low, divisor)
	return min(int64(quotient)*step, amount)
}
