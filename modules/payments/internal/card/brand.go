package card

import "strconv"

// ranges are the issuers' published prefixes; the first that fits is taken, so
// the narrow ones stand before the wide.
var ranges = []struct {
	low, high int // of the first digits, as many as low has
	brand     string
}{
	{34, 34, "amex"},
	{37, 37, "amex"},
	{300, 305, "diners"},
	{3095, 3095, "diners"},
	{36, 36, "diners"},
	{38, 39, "diners"},
	{3528, 3589, "jcb"},
	{6011, 6011, "discover"},
	{644, 649, "discover"},
	{65, 65, "discover"},
	{62, 62, "unionpay"},
	{51, 55, "mastercard"},
	{2221, 2720, "mastercard"},
	{50, 50, "maestro"},
	{56, 59, "maestro"},
	{67, 67, "maestro"},
	{4, 4, "visa"},
}

func brandOf(number string) string {
	for _, r := range ranges {
		n := len(strconv.Itoa(r.low))
		if len(number) < n {
			continue
		}
		if prefix, err := strconv.Atoi(number[:n]); err == nil && prefix >= r.low && prefix <= r.high {
			return r.brand
		}
	}
	return "unknown"
}
