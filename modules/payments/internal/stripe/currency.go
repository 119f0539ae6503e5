package stripe

import (
	"errors"
	"fmt"
	"strings"
)

var errCurrency = errors.New("the currency is not supported with stripe")

// units is an amount as Stripe counts it. That is in ISO 4217's minor units,
// but for a few currencies.
func units(currency string, minor int64) (int64, error) {
	switch currency {
	case "ISK", "UGX": // no minor unit; Stripe counts hundredths of old
		if minor > maxUnits/100 {
			return 0, fmt.Errorf("%d %s: %w", minor, currency, errCurrency)
		}
		return minor * 100, nil
	case "MGA": // a fifth is the minor unit; Stripe counts whole ones
		return 0, fmt.Errorf("%s: %w", currency, errCurrency)
	}
	return minor, nil
}

const maxUnits = 1<<63 - 1

func currency(code string) string { return strings.ToLower(code) }
