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

// How wide pictures stand in pages, somewhat more than their frames: these are
// higher than wide, and pictures fill them.
const (
	wideAlone    = "(max-width: 52rem) 100vw, 48rem"
	wideInList   = "(max-width: 52rem) 50vw, 24rem"
	wideInArcade = "(max-width: 52rem) 40vw, 20rem"
	wideAsDoor   = "(max-width: 64rem) 30vw, 12rem"
	wideAsThumb  = "8rem"
)
