package events

import (
	"errors"
	"fmt"
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
