// Package mail is a mail's way from an event to its reader:
//
//	(event) ──> queued ──taken by the mail server, or laid in the mailbox──> sent
//	             ^  │ └──refused for good──> refused
//	             └──┘ not now: again after a pause that doubles; after failing
//	                  for too long it is given up, which is refused as well
//
// An operator can have a mail queued again that was sent or refused.
package mail

import (
	"strings"
	"time"

	"galleria/modules/notifications/internal/letter"
	"galleria/platform/id"
	"galleria/platform/mailaddress"
)

// Status is where a mail stands.
type Status string

// The statuses of a mail.
const (
	Queued  Status = "queued"
	Sent    Status = "sent"
	Refused Status = "refused"
)

// Mail is one letter to one person.
type Mail struct {
	ID string
	// EventID is the event that made it; no two mails have the same.
	EventID string
	// Name and Address are its reader's. They hold what somebody typed.
	Name, Address string
	// Recipient is whom the address reaches, spelt one way.
	Recipient string
	Subject   string
	// Facts is what the letter tells, while it is not written; then nil.
	Facts *letter.Facts
	// Text and HTML are the written letter.
	Text, HTML string

	Status Status
	// Attempts is how often it was tried; Problem what was wrong the last time.
	Attempts int
	Problem  string
	// CreatedAt is when it was queued, DueAt when it is to be tried next, or when it
	// was refused or given up.
	CreatedAt, DueAt time.Time
	// LetOutAt is when its recipient's limits let it out; zero until then.
	LetOutAt time.Time
	// SentAt is when it was sent last; zero until it is.
	SentAt time.Time
	// LinkUntil is when the link in the letter expires, if it is good once; zero: there is no
	// such link.
	LinkUntil time.Time
	// Resends is how often an operator had it queued again; ResentAt is the last time.
	Resends  int
	ResentAt time.Time
}

// New queues a letter about f. Whether the address is one is found out when
// the mail is sent: an event is heard, whatever somebody typed.
func New(eventID, address string, f letter.Facts, now time.Time) Mail {
	address = letter.Clean(address)
	m := Mail{
		ID: id.New(), EventID: eventID, Name: f.Name, Address: address, Recipient: recipient(address), Subject: f.Subject(),
		Facts: &f, Status: Queued, CreatedAt: now, DueAt: now,
	}
	if f.Account.Link != "" {
		m.LinkUntil = f.Account.Until
	}
	return m
}

// IsID tells whether s could be a mail's id. What can't be is not looked up:
// databases refuse some texts outright.
func IsID(s string) bool {
	return len(s) == id.Length && strings.Trim(s, "0123456789abcdefghijklmnopqrstuvwxyz") == ""
}

// Written tells whether the letter is written.
func (m Mail) Written() bool { return m.Text != "" }

// Write writes the letter, unless it is written.
func (m *Mail) Write(w letter.Writer) error {
	if m.Written() || m.Facts == nil {
		return nil
	}
	text, html, err := w.Write(*m.Facts)
	if err != nil {
		return err
	}
	m.Text, m.HTML, m.Facts = text, html, nil
	return nil
}

// To is the reader's address.
func (m Mail) To() (mailaddress.Address, error) { return mailaddress.Parse(m.Address) }

// Retries is how long to wait after a failed attempt: First after the first,
// then twice as long each time, at most Most; and after how long GiveUp says to stop.
type Retries struct{ First, Most, GiveUp time.Duration }

// After is the wait after so many attempts.
func (r Retries) After(attempts int) time.Duration {
	wait := r.First
	for i := 1; i < attempts && wait < r.Most; i++ {
		wait *= 2
	}
	return min(wait, r.Most)
}

// tries is how many attempts a mail has at least: as many as fit into GiveUp before pauses
// stop growing. A program that was down for longer has not tried once in that time.
func (r Retries) tries() int {
	n := 1
	for took, wait := time.Duration(0), r.First; wait < r.Most && took+wait <= r.GiveUp; n++ {
		took, wait = took+wait, 2*wait
	}
	return n
}

// linkPause is the longest pause of a mail whose link expires, within half an hour as a rule:
// it leaves soon after the mail server is back.
const linkPause = time.Minute

// Fail notes why an attempt failed, which Attempts counts already: the mail is due again
// after a while, or is given up when it was tried for too long or its link has expired.
func (m *Mail) Fail(problem string, r Retries, now time.Time) {
	wait := r.After(m.Attempts)
	if !m.LinkUntil.IsZero() {
		wait = min(wait, linkPause)
	}
	m.Problem, m.DueAt = problem, now.Add(wait)
	switch {
	case !m.LinkUntil.IsZero() && !now.Before(m.LinkUntil):
		m.giveUp("given up, as its link has expired", now)
	case m.Attempts >= r.tries() && now.Sub(m.triedSince()) >= r.GiveUp:
		m.giveUp("given up", now)
	}
}

func (m *Mail) giveUp(why string, now time.Time) {
	m.Status, m.DueAt, m.Problem = Refused, now, why+"; the last problem: "+m.Problem
}

// triedSince is when it might be sent at first, or after it was queued again. The time that
// it waited for its recipient's limits is none in which it failed.
func (m Mail) triedSince() time.Time {
	if !m.LetOutAt.IsZero() {
		return m.LetOutAt
	}
	return m.Date()
}
