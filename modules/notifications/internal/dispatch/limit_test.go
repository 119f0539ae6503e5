package dispatch

import (
	"io"
	netmail "net/mail"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"galleria/modules/notifications/internal/mail"
	"galleria/modules/notifications/internal/smtptest"
)

func TestOneAddressGetsSoManyMailsAndTheOthersWait(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		d.limits = mail.Limits{Hour: 3, Day: 5}
		s := &smtptest.Server{}
		d.to(s)
		var queued []string
		for _, address := range []string{"ana@bücher.example", "Ana+1@bücher.example", "ana@Bücher.example", "ana@xn--bcher-kva.example", "ANA@bücher.example"} {
			queued = append(queued, d.queue(address))
		}
		other := d.queue("ben@example.com")
		d.work()
		d.untilStatus(other, mail.Sent)
		for _, m := range queued[:3] {
			d.untilStatus(m, mail.Sent)
		}
		for _, m := range queued[3:] {
			got := d.until(m, "waiting", func(m mail.Mail) bool { return m.Problem != "" })
			if got.Status != mail.Queued || !strings.Contains(got.Problem, "at most 3 mails in an hour") || time.Until(got.DueAt) < 30*time.Minute {
				t.Errorf("got it %s, due at %v with the problem %q; want it to wait for an hour and say why", got.Status, got.DueAt, got.Problem)
			}
		}
		d.wantTaken(s, 4)
	})
}

func TestARefusedMailIsSentAgainOncePerKey(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		var refuse atomic.Bool
		refuse.Store(true)
		s := &smtptest.Server{OnRcpt: func(string) error {
			if refuse.Load() {
				return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
			}
			return nil
		}}
		d.to(s)
		m := d.queue("ana@example.com")
		stop := d.work()
		d.untilStatus(m, mail.Refused)
		stop()
		refuse.Store(false)
		d.work()
		for range 3 {
			if _, err := d.store.Resend(t.Context(), m, "key", time.Now()); err != nil {
				t.Fatal(err)
			}
		}
		d.untilStatus(m, mail.Sent)
		if again, err := d.store.Resend(t.Context(), m, "key", time.Now()); err != nil || again.Status != mail.Sent {
			t.Errorf("the same key later: got %s, %v; want the mail that was sent", again.Status, err)
		}
		d.wantTaken(s, 1)
	})
}

func TestAMailThatIsSentAgainIsAnotherMessageWithTheSameLetter(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		s := &smtptest.Server{}
		d.to(s)
		m := d.queue("ana@example.com")
		d.work()
		d.untilStatus(m, mail.Sent)
		asked := time.Now()
		if _, err := d.store.Resend(t.Context(), m, "key", asked); err != nil {
			t.Fatal(err)
		}
		sent := d.untilStatus(m, mail.Sent)
		var got [2]*netmail.Message
		var bodies [2]string
		for i, taken := range d.wantTaken(s, 2) {
			parsed, err := netmail.ReadMessage(strings.NewReader(taken.Data))
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(parsed.Body)
			if err != nil {
				t.Fatal(err)
			}
			got[i], bodies[i] = parsed, string(body)
		}
		for i, want := range []string{"<" + m + "@galleria.example>", "<" + m + ".1@galleria.example>"} {
			if id := got[i].Header.Get("Message-Id"); id != want {
				t.Errorf("message %d: got the Message-ID %s, want %s", i+1, id, want)
			}
		}
		if date, err := got[1].Header.Date(); err != nil || date.Unix() != asked.Unix() {
			t.Errorf("the second message: got the date %v, %v; want when it was asked for, %v", date, err, asked)
		}
		if bodies[0] != bodies[1] || got[0].Header.Get("Subject") != sent.Subject || got[1].Header.Get("Subject") != sent.Subject {
			t.Errorf("got\n%s\nand\n%s\nwant the same letter", bodies[0], bodies[1])
		}
	})
}
