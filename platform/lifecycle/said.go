package lifecycle

import "slices"

// mostSaid bounds what is said of one trouble.
const mostSaid = 4

// Said is what has been logged of a trouble that lasts: each cause is said once,
// though it is met at each attempt, and the real one perhaps only after some. The
// zero value has said nothing; set it back to that when the trouble is over.
type Said []string

// IsNew tells whether a cause was not said yet, and takes it as said.
func (s *Said) IsNew(cause error) bool {
	text := cause.Error()
	if len(*s) == mostSaid || slices.Contains(*s, text) {
		return false
	}
	*s = append(*s, text)
	return true
}
