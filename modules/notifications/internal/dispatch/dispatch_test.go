package dispatch

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"galleria/modules/notifications/internal/letter"
	"galleria/modules/notifications/internal/mail"
	"galleria/modules/notifications/internal/smtptest"
)

func TestMailsGoOldestFirstAndOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		s := &smtptest.Server{}
		d.to(s)
		var want, queued []string
		for i := range 2*atOnce + 3 {
			address := fmt.Sprintf("ana%03d@example.com", i)
			want = append(want, address)
			queued = append(queued, d.queue(address))
		}
		d.work()
		for _, m := range queued {
			if got := d.untilStatus(m, mail.Sent); got.Attempts != 1 || got.SentAt.IsZero() || got.Problem != "" {
				t.Errorf("mail %s: got %d attempts, sent at %v, problem %q; want 1, a time, none", m, got.Attempts, got.SentAt, got.Problem)
			}
		}
		var got []string
		for _, m := range d.wantTaken(s, len(want)) {
			got = append(got, m.To...)
		}
		if !slices.Equal(got, want) {
			t.Errorf("order: got %v, want %v", got, want)
		}
	})
}

func TestTwoProcessesSendNothingTwice(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		s := &smtptest.Server{}
		d.to(s)
		var queued []string
		for i := range 40 {
			queued = append(queued, d.queue(fmt.Sprintf("ana%d@example.com", i)))
		}
		d.work()
		d.work()
		for _, m := range queued {
			d.untilStatus(m, mail.Sent)
		}
		d.wantTaken(s, len(queued))
	})
}

func TestMailsWaitForADeadServerAndGoWhenItIsBack(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		s := &smtptest.Server{}
		d.to(s)
		s.Stop()
		old := d.queue("old@example.com")
		d.work()
		got := d.until(old, "queued after 3 attempts", func(m mail.Mail) bool { return m.Attempts >= 3 })
		if got.Status != mail.Queued || !strings.Contains(got.Problem, "connect to the mail server") {
			t.Errorf("got %s with problem %q, want it queued and the connection's problem", got.Status, got.Problem)
		}
		young := d.queue("young@example.com")
		d.until(young, "tried", func(m mail.Mail) bool { return m.Attempts >= 1 })

		s.Start(t)
		d.untilStatus(old, mail.Sent)
		d.untilStatus(young, mail.Sent)
		d.wantTaken(s, 2)
	})
}

func TestAMailThatHasToWaitStopsNoOther(t *testing.T) {
	d := onSQLite(t)
	var mu sync.Mutex
	busy := 0
	s := &smtptest.Server{OnRcpt: func(to string) error {
		mu.Lock()
		defer mu.Unlock()
		if to != "busy@example.com" || busy == 3 {
			return nil
		}
		busy++
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "mailbox busy"}
	}}
	d.to(s)
	first, second := d.queue("busy@example.com"), d.queue("free@example.com")
	d.work()
	d.untilStatus(second, mail.Sent)
	if got := d.untilStatus(first, mail.Sent); got.Attempts != 4 || got.Problem != "" {
		t.Errorf("got %d attempts and problem %q, want 4 and none", got.Attempts, got.Problem)
	}
	if got := recipients(d.wantTaken(s, 2)); got != "[free@example.com][busy@example.com]" {
		t.Errorf("order: got %s, want the free one first", got)
	}
}

func TestRefusalsAreFinalWhenTheyAreAboutTheMail(t *testing.T) {
	answer := func(code int) error { return &smtp.SMTPError{Code: code, Message: "said no"} }
	hook := func(code int) func(string) error { return func(string) error { return answer(code) } }
	policy := func(class, subject, detail int) func(string) error {
		return func(string) error {
			return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{class, subject, detail}, Message: "said no"}
		}
	}
	content := func(class, subject, detail int) func(smtptest.Message) error {
		return func(smtptest.Message) error { return policy(class, subject, detail)("") }
	}
	for name, c := range map[string]struct {
		server *smtptest.Server
		want   mail.Status
	}{
		"sender refused":                {&smtptest.Server{OnMail: hook(550)}, mail.Queued},
		"sender refused later":          {&smtptest.Server{OnRcpt: policy(5, 1, 8)}, mail.Queued},
		"relaying refused":              {&smtptest.Server{OnRcpt: policy(5, 7, 1)}, mail.Queued},
		"recipient unknown":             {&smtptest.Server{OnRcpt: policy(5, 1, 1)}, mail.Refused},
		"recipient refused":             {&smtptest.Server{OnRcpt: hook(550)}, mail.Refused},
		"content refused":               {&smtptest.Server{OnData: func(smtptest.Message) error { return answer(554) }}, mail.Refused},
		"content taken for spam":        {&smtptest.Server{OnData: content(5, 7, 1)}, mail.Refused},
		"content forbidden":             {&smtptest.Server{OnData: content(5, 7, 0)}, mail.Refused},
		"no DKIM or SPF of the shop's":  {&smtptest.Server{OnData: content(5, 7, 26)}, mail.Queued},
		"sender refused at the end":     {&smtptest.Server{OnData: content(5, 1, 8)}, mail.Queued},
		"recipient not now":             {&smtptest.Server{OnRcpt: hook(450)}, mail.Queued},
		"content not now":               {&smtptest.Server{OnData: func(smtptest.Message) error { return answer(452) }}, mail.Queued},
		"service going down":            {&smtptest.Server{OnMail: hook(421)}, mail.Queued},
		"the shop's own login is wrong": {&smtptest.Server{Password: "secret"}, mail.Queued},
	} {
		t.Run(name, func(t *testing.T) {
			d := onSQLite(t)
			d.to(c.server)
			m := d.queue("ana@example.com")
			d.work()
			attempts := 1
			if c.want == mail.Queued {
				attempts = 2
			}
			got := d.until(m, "settled", func(m mail.Mail) bool { return m.Problem != "" && m.Attempts >= attempts })
			if got.Status != c.want || got.Problem == "" {
				t.Errorf("got %s, problem %q; want %s and what the server said", got.Status, got.Problem, c.want)
			}
			if c.want == mail.Refused && (got.Attempts != 1 || !strings.Contains(got.Problem, "said no")) {
				t.Errorf("got %d attempts, problem %q; want 1 and the server's words", got.Attempts, got.Problem)
			}
			d.wantTaken(c.server, 0)
		})
	}
}

func TestAMailThatFailsForTooLongIsGivenUp(t *testing.T) {
	busy := func(string) error { return &smtp.SMTPError{Code: 452, Message: "mailbox full"} }
	for name, c := range map[string]struct {
		server *smtptest.Server
		away   bool
		facts  func(*letter.Facts)
		want   string
	}{
		"its mailbox is full":         {&smtptest.Server{OnRcpt: busy}, false, func(*letter.Facts) {}, "mailbox full"},
		"the server is away":          {&smtptest.Server{}, true, func(*letter.Facts) {}, "connect to the mail server"},
		"the sender is refused":       {&smtptest.Server{OnMail: busy}, false, func(*letter.Facts) {}, "refuses mail from"},
		"its letter can't be written": {&smtptest.Server{}, false, func(f *letter.Facts) { f.Currency = "Pebbles" }, "currency"},
	} {
		t.Run(name, func(t *testing.T) {
			d := onSQLite(t)
			d.to(c.server)
			if c.away {
				c.server.Stop()
			}
			d.retries.GiveUp = 50 * time.Millisecond
			first, second := d.queue("ana@example.com", c.facts), d.queue("bo@example.com", c.facts)
			d.work()
			for _, m := range []string{first, second} {
				got := d.untilStatus(m, mail.Refused)
				if !strings.HasPrefix(got.Problem, "given up") || !strings.Contains(got.Problem, c.want) {
					t.Errorf("got problem %q, want it given up and %q", got.Problem, c.want)
				}
				if since := time.Since(got.DueAt); since < 0 || since > patience {
					t.Errorf("it counts as given up since %v, which is %v ago; want since now", got.DueAt, since)
				}
			}
		})
	}
}

func TestAMailThatWasGivenUpIsSentAgainAndMayFailAsLong(t *testing.T) {
	d := onSQLite(t)
	var refusals atomic.Int32
	refusals.Store(1 << 20)
	s := &smtptest.Server{OnRcpt: func(string) error {
		if refusals.Add(-1) >= 0 {
			return &smtp.SMTPError{Code: 452, Message: "mailbox full"}
		}
		return nil
	}}
	d.to(s)
	d.retries.GiveUp = 50 * time.Millisecond
	m := d.queue("ana@example.com")
	stop := d.work()
	d.untilStatus(m, mail.Refused)
	stop()
	d.retries.GiveUp = 30 * time.Minute // since it is queued again
	if _, err := d.store.Resend(t.Context(), m, "key", time.Now()); err != nil {
		t.Fatal(err)
	}
	refusals.Store(2)
	d.work()
	d.untilStatus(m, mail.Sent)
	d.wantTaken(s, 1)
}

func TestMailsWaitWhileTheServerRefusesTheShopsAddress(t *testing.T) {
	d := onSQLite(t)
	var mu sync.Mutex
	barred := true
	s := &smtptest.Server{OnMail: func(string) error {
		mu.Lock()
		defer mu.Unlock()
		if barred {
			return &smtp.SMTPError{Code: 553, Message: "not an address of yours"}
		}
		return nil
	}}
	d.to(s)
	first, second := d.queue("ana@example.com"), d.queue("bo@example.com")
	d.work()
	for _, m := range []string{first, second} {
		got := d.until(m, "tried twice", func(m mail.Mail) bool { return m.Attempts >= 2 && m.Problem != "" })
		for _, want := range []string{"shop@galleria.example", "not an address of yours"} {
			if got.Status != mail.Queued || !strings.Contains(got.Problem, want) {
				t.Errorf("got %s, problem %q; want it queued, and %q", got.Status, got.Problem, want)
			}
		}
	}
	mu.Lock()
	barred = false
	mu.Unlock()
	d.untilStatus(first, mail.Sent)
	d.untilStatus(second, mail.Sent)
	d.wantTaken(s, 2)
}

func TestWhatIsNoAddressIsRefusedWithoutAsking(t *testing.T) {
	d := onSQLite(t)
	s := &smtptest.Server{}
	d.to(s)
	var bad []string
	for _, address := range []string{"", "ana", "ana@", "@example.com", "ana@example.com, eve@example.com", "ana@example.com>\r\nRCPT TO:<eve@example.com", "ana@example,com", "ana.@example.com"} {
		bad = append(bad, d.queue(address))
	}
	good := d.queue("good@example.com")
	d.work()
	d.untilStatus(good, mail.Sent)
	for _, m := range bad {
		if got := d.untilStatus(m, mail.Refused); !strings.Contains(got.Problem, "address") {
			t.Errorf("mail to %q: got problem %q, want one about the address", got.Address, got.Problem)
		}
	}
	d.wantTaken(s, 1)
}

func TestAddressesBeyondASCIIGoAsFarAsTheServerTakesThem(t *testing.T) {
	for name, c := range map[string]struct {
		ascii bool
		want  map[string]string // what the server hears, by address; "": refused
	}{
		"with SMTPUTF8": {false, map[string]string{
			"jürgen@example.org": "jürgen@example.org", "ana@bücher.example": "ana@xn--bcher-kva.example",
		}},
		"without": {true, map[string]string{
			"jürgen@example.org": "", "ana@bücher.example": "ana@xn--bcher-kva.example", "bo@example.org": "bo@example.org",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			d := onSQLite(t)
			s := &smtptest.Server{ASCII: c.ascii}
			d.to(s)
			mails := map[string]string{}
			for address := range c.want {
				mails[address] = d.queue(address)
			}
			d.work()
			heard := map[string]bool{}
			for address, wire := range c.want {
				if wire != "" {
					d.untilStatus(mails[address], mail.Sent)
					heard[wire] = true
				} else if got := d.untilStatus(mails[address], mail.Refused); !strings.Contains(got.Problem, "SMTPUTF8") {
					t.Errorf("mail to %s: got problem %q, want SMTPUTF8 named", address, got.Problem)
				}
			}
			for _, m := range d.wantTaken(s, len(heard)) {
				if !heard[m.To[0]] {
					t.Errorf("the server heard %s, want %v", m.To[0], heard)
				}
			}
		})
	}
}

func TestALetterThatCantBeWrittenStopsNoOther(t *testing.T) {
	d := onSQLite(t)
	s := &smtptest.Server{}
	d.to(s)
	bad := d.queue("bad@example.com", func(f *letter.Facts) { f.Currency = "Pebbles" })
	good := d.queue("good@example.com")
	d.work()
	d.untilStatus(good, mail.Sent)
	if got := d.until(bad, "tried", func(m mail.Mail) bool { return m.Attempts > 1 }); got.Status != mail.Queued || !strings.Contains(got.Problem, "currency") {
		t.Errorf("got %s, problem %q; want it queued, and the currency's problem", got.Status, got.Problem)
	}
}

func TestWithoutAServerMailsAreLaidInTheMailbox(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		d.server = nil
		m := d.queue("ana@example.com")
		d.work()
		got := d.untilStatus(m, mail.Sent)
		if got.Text == "" || got.HTML == "" || got.Facts != nil || got.SentAt.IsZero() || got.Attempts != 1 {
			t.Errorf("got %+v, want it sent with its letters", got)
		}
	})
}

func TestALostAnswerSendsAgainRecognisably(t *testing.T) {
	d := onSQLite(t)
	var mu sync.Mutex
	lost := false
	s := &smtptest.Server{BreakOff: func(smtptest.Message) bool {
		mu.Lock()
		defer mu.Unlock()
		first := !lost
		lost = true
		return first
	}}
	d.to(s)
	m, other := d.queue("ana@example.com"), d.queue("other@example.com")
	d.work()
	d.untilStatus(m, mail.Sent)
	d.untilStatus(other, mail.Sent)
	var twins []string
	for _, got := range d.wantTaken(s, 3) {
		if got.To[0] == "ana@example.com" {
			twins = append(twins, got.Data)
		}
	}
	if len(twins) != 2 || twins[0] != twins[1] || !strings.Contains(twins[0], m) {
		t.Errorf("got %d messages that are not the same to the byte with id %s:\n%s", len(twins), m, strings.Join(twins, "\n---\n"))
	}
}

func TestStoppingFinishesTheMailUnderWay(t *testing.T) {
	d := onSQLite(t)
	arrived, release := make(chan struct{}, 2), make(chan struct{})
	s := &smtptest.Server{OnData: func(smtptest.Message) error {
		arrived <- struct{}{}
		<-release
		return nil
	}}
	d.to(s)
	underWay, next := d.queue("ana@example.com"), d.queue("next@example.com")
	stop := d.work()
	<-arrived
	stopped := make(chan struct{})
	go func() { stop(); close(stopped) }()
	if d.get(underWay).Attempts != 1 {
		t.Error("the attempt is not claimed while it is made")
	}
	close(release)
	<-stopped
	if got := d.get(underWay); got.Status != mail.Sent {
		t.Errorf("the mail under way: got %s, problem %q; want it sent", got.Status, got.Problem)
	}
	if got := d.get(next); got.Status == mail.Sent && len(s.Messages()) != 2 {
		t.Error("the next mail is noted as sent and was not")
	}
}
