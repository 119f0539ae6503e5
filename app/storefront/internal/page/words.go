package page

import "strconv"

// Things counts things: "1 thing", "12 things".
func Things(n int) string {
	if n == 1 {
		return "1 thing"
	}
	return strconv.Itoa(n) + " things"
}

// Number is n in decimal.
func Number(n int64) string { return strconv.FormatInt(n, 10) }
