package mail

import (
	"errors"
	"fmt"
	"time"
)

// MostResends is how often a mail is sent again that was sent: a reader who got none of
// so many will not get the next, and one who got them all is not flooded.
const MostResends = 5

// Why a mail is not sent again; the texts are for staff.
var (
	ErrWaits    = errors.New("the mail waits, and goes by itself")
	ErrLinkOnce = errors.New("the mail holds a link that is good once, and for a short time; the customer can ask for a new one where they asked for this one")
	ErrOften    = fmt.Errorf("the mail was sent again %d times already; see with the customer whether the address is right, and what their mailbox does with mails of the shop", MostResends)
)

// Resendable says why the mail can't be queued again now; nil: it can. A link that is good
// once is not sent twice: whether it was used is not known here. A refused mail did not
// arrive, so its link goes again until it expires.
func (m Mail) Resendable(now time.Time) error {
	switch {
	case m.Status == Queued:
		return ErrWaits
	case !m.LinkUntil.IsZero() && (!m.SentAt.IsZero() || now.After(m.LinkUntil)):
		return ErrLinkOnce
	case m.Status == Sent && m.Resends >= MostResends:
		return ErrOften
	}
	return nil
}

// MessageID is the part before the @ of the header of that name: the same for every
// attempt, so that a duplicate is recognised, and another one each time an operator has
// the mail sent again, which mailboxes must not take for a duplicate.
func (m Mail) MessageID() string {
	if m.Resends == 0 {
		return m.ID
	}
	return fmt.Sprintf("%s.%d", m.ID, m.Resends)
}

// Date is when the message was made, which is the last time it was queued.
func (m Mail) Date() time.Time {
	if m.Resends == 0 {
		return m.CreatedAt
	}
	return m.ResentAt
}
