package mail_test

import (
	"errors"
	"testing"
	"time"

	"galleria/modules/notifications/internal/letter"
	"galleria/modules/notifications/internal/mail"
)

func TestWhichMailsAreSentAgain(t *testing.T) {
	now := time.Now()
	order := letter.Facts{Kind: letter.Placed}
	link := letter.Facts{Kind: letter.ResetPassword, Account: letter.Account{Link: "l", Until: now.Add(time.Minute)}}
	status := func(s mail.Status) func(*mail.Mail) { return func(m *mail.Mail) { m.Status = s } }
	sent := func(m *mail.Mail) { m.Status, m.SentAt = mail.Sent, now }
	for name, c := range map[string]struct {
		facts  letter.Facts
		change func(*mail.Mail)
		after  time.Duration
		want   error
	}{
		"queued":                           {facts: order, change: status(mail.Queued), want: mail.ErrWaits},
		"refused":                          {facts: order, change: status(mail.Refused)},
		"sent":                             {facts: order, change: sent},
		"sent again four times":            {facts: order, change: func(m *mail.Mail) { sent(m); m.Resends = mail.MostResends - 1 }},
		"sent again five times":            {facts: order, change: func(m *mail.Mail) { sent(m); m.Resends = mail.MostResends }, want: mail.ErrOften},
		"refused after many times":         {facts: order, change: func(m *mail.Mail) { m.Status, m.Resends = mail.Refused, 100 }},
		"refused, with a link":             {facts: link, change: status(mail.Refused)},
		"refused, with an expired link":    {facts: link, change: status(mail.Refused), after: 2 * time.Minute, want: mail.ErrLinkOnce},
		"sent, with a link":                {facts: link, change: sent, want: mail.ErrLinkOnce},
		"sent and then refused, with link": {facts: link, change: func(m *mail.Mail) { sent(m); m.Status = mail.Refused }, want: mail.ErrLinkOnce},
	} {
		m := mail.New("event", "ana@example.com", c.facts, now)
		c.change(&m)
		if got := m.Resendable(now.Add(c.after)); !errors.Is(got, c.want) || (got == nil) != (c.want == nil) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}
