package stripe

import (
	"errors"
	"fmt"
	"strings"
)

var errCurrency = errors.New("can't be paid with Stripe")

// units is an amount as Stripe counts it. That is in ISO 4217's minor units,
// but for a few currencies.
func units(code string, minor int64) (int64, error) {
	switch code {
	case "ISK", "UGX": // no minor unit; Stripe counts hundredths of old
		if minor > maxUnits/100 {
			return 0, fmt.Errorf("%d %s %w", minor, code, errCurrency)
		}
		return minor * 100, nil
	case "BHD", "JOD", "KWD", "OMR", "TND": // three digits; Stripe wants the last one to be 0
		if minor%10 != 0 {
			return 0, fmt.Errorf("%d in the smallest unit of %s %w: the last digit must be 0", minor, code, errCurrency)
		}
	case "MGA": // a fifth is the minor unit; Stripe counts whole ones
		return 0, fmt.Errorf("%s %w", code, errCurrency)
	}
	return minor, nil
}

const maxUnits = 1<<63 - 1

func currency(code string) string { return strings.ToLower(code) }
