package events

import (
	"errors"
	"fmt"
	"slices"
)

// away says that the broker can't be reached, and why, if the last attempt was
// told: a wrong password and a certificate that is not vouched for look like an
// outage to all but who reads this.
func (c *Conn) away() error {
	if err := c.nc.LastError(); err != nil {
		return fmt.Errorf("the broker is away: %w", err)
	}
	return errors.New("the broker is away")
}

// maxSaid bounds what is logged of one outage.
const maxSaid = 4

// said is what has been logged of an outage: each reason is told once, for it may
// be known only after some attempts.
type said []string

// news reports whether err was not told yet, and takes it as told.
func (s *said) news(err error) bool {
	text := err.Error()
	if len(*s) == maxSaid || slices.Contains(*s, text) {
		return false
	}
	*s = append(*s, text)
	return true
}
