package dispatch

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	netmail "net/mail"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"galleria/migrations"
	"galleria/modules/notifications/internal/letter"
	"galleria/modules/notifications/internal/mail"
	"galleria/modules/notifications/internal/smtptest"
	"galleria/modules/notifications/internal/store"
	"galleria/platform/database"
	"galleria/platform/database/databasetest"
	"galleria/platform/id"
)

// patience is when a test gives up. It is no limit on speed.
const patience = 30 * time.Second

var (
	// quick gives up sooner than the age of queued mails: the time before they could be
	// sent at first does not count.
	quick   = mail.Retries{First: 5 * time.Millisecond, Most: 20 * time.Millisecond, GiveUp: 30 * time.Minute}
	letters = letter.Writer{Shop: "Galleria", BaseURL: "https://shop.example"}
)

// desk is a queue of mails and a mail server to send them to.
type desk struct {
	t       *testing.T
	db      *database.DB
	store   *store.Store
	server  *Server
	limits  mail.Limits
	retries mail.Retries
	shop    string // what its staff call it
}

// onBoth runs the test on SQLite and on PostgreSQL.
func onBoth(t *testing.T, test func(t *testing.T, d *desk)) {
	databasetest.Each(t, func(t *testing.T, open func(fs.FS) *database.DB) {
		test(t, newDesk(t, open(migrations.For("notifications"))))
	})
}

func onSQLite(t *testing.T) *desk {
	o := databasetest.SQLite(t)
	o.Migrations = migrations.For("notifications")
	return newDesk(t, databasetest.Open(t, o))
}

func newDesk(t *testing.T, db *database.DB) *desk {
	return &desk{t: t, db: db, store: store.New(db), limits: mail.Limits{Hour: 1000, Day: 1000}, retries: quick, server: &Server{
		Host: "127.0.0.1", Encryption: None,
		From:    &netmail.Address{Name: "Galleria", Address: "shop@galleria.example"},
		ReplyTo: &netmail.Address{Address: "help@galleria.example"},
	}}
}

// to starts the mail server and lets mails go there.
func (d *desk) to(s *smtptest.Server) {
	d.t.Helper()
	s.Start(d.t)
	d.server.Port = s.Port
}

// queue queues a mail about an order and returns its id.
func (d *desk) queue(address string, change ...func(*letter.Facts)) string {
	d.t.Helper()
	f := letter.Facts{
		Kind: letter.Placed, OrderID: id.New(), Token: "t-" + id.New(), At: time.Now(), Name: "Ana",
		Address: []string{"12 Main Street"}, Lines: []letter.Line{{Name: "Lamp", Quantity: 1, Unit: 1290, Total: 1290}},
		Currency: "EUR", Total: 1290,
	}
	for _, c := range change {
		c(&f)
	}
	m := mail.New(id.New(), address, f, time.Now().Add(-time.Hour)) // so that its date is not the sending's by chance
	if err := d.db.Write(d.t.Context(), func(tx *gorm.DB) error { return store.Queue(tx, m) }); err != nil {
		d.t.Fatal(err)
	}
	return m.ID
}

// work runs a post until the test ends or stop is called, which waits for it.
func (d *desk) work() (stop func()) {
	d.t.Helper()
	log := slog.New(slog.NewTextHandler(d.t.Output(), nil))
	post := New(d.store, letters, func(context.Context) string { return d.shop }, d.server, d.retries, d.limits, time.Now, log)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- post.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-done:
			if err != context.Canceled {
				d.t.Errorf("Run returned %v, want %v", err, context.Canceled)
			}
		case <-time.After(patience):
			d.t.Error("Run did not return after its context ended")
		}
	})
	d.t.Cleanup(stop)
	return stop
}

func (d *desk) get(mailID string) mail.Mail {
	d.t.Helper()
	m, found, err := d.store.Get(context.Background(), mailID)
	if err != nil || !found {
		d.t.Fatalf("mail %s: found %t, %v", mailID, found, err)
	}
	return m
}

// until waits for the mail to be as wanted.
func (d *desk) until(mailID, what string, want func(mail.Mail) bool) mail.Mail {
	d.t.Helper()
	var m mail.Mail
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if m = d.get(mailID); want(m) {
			return m
		}
	}
	d.t.Fatalf("mail %s: got %s after %d attempts, problem %q; want it %s", mailID, m.Status, m.Attempts, m.Problem, what)
	return m
}

func (d *desk) untilStatus(mailID string, want mail.Status) mail.Mail {
	d.t.Helper()
	return d.until(mailID, string(want), func(m mail.Mail) bool { return m.Status == want })
}

func (d *desk) wantTaken(s *smtptest.Server, n int) []smtptest.Message {
	d.t.Helper()
	got := s.Messages()
	if len(got) != n {
		d.t.Fatalf("the server took %d messages, want %d: %s", len(got), n, recipients(got))
	}
	return got
}

func recipients(messages []smtptest.Message) string {
	all := ""
	for _, m := range messages {
		all += fmt.Sprint(m.To)
	}
	return all
}
