package mail

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"galleria/platform/mailaddress"
)

// Limits are how many mails one address gets at most. Mails beyond that wait: a
// guest who orders and cancels in the name of another person can't flood that person.
type Limits struct{ Hour, Day int }

// Spans are the limits with the time each is for.
func (l Limits) Spans() []Span {
	return []Span{{Most: l.Hour, In: time.Hour, name: "an hour"}, {Most: l.Day, In: 24 * time.Hour, name: "a day"}}
}

// Span is how many mails one address gets at most in a time.
type Span struct {
	Most int
	In   time.Duration
	name string
}

// Problem says why a mail waits.
func (s Span) Problem() string {
	return fmt.Sprintf("waits: one address gets at most %d mails in %s", s.Most, s.name)
}

// recipient is what mails to an address are counted under; what is no address is found
// out later.
func recipient(address string) string {
	return cmp.Or(mailaddress.RecipientOf(address), strings.ToLower(address))
}
