package service

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"testing"
	"testing/fstest"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"
	"gorm.io/gorm"

	"galleria/migrations"
	"galleria/modules/notifications/internal/letter"
	"galleria/modules/notifications/internal/mail"
	"galleria/modules/notifications/internal/page"
	"galleria/modules/notifications/internal/store"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/database"
	"galleria/platform/database/databasetest"
	"galleria/platform/events"
	"galleria/platform/id"
)

const (
	kept     = 24 * time.Hour
	patience = 30 * time.Second
)

// desk is the service with a clock that the test moves.
type desk struct {
	t       *testing.T
	db      *database.DB
	store   *store.Store
	service *Service
	clock   time.Time
}

func onBoth(t *testing.T, test func(t *testing.T, d *desk)) {
	databasetest.Each(t, func(t *testing.T, open func(fs.FS) *database.DB) {
		d := &desk{t: t, db: open(migrations.For("notifications")), clock: time.Now()}
		d.store = store.New(d.db)
		d.service = New(d.store, letter.Writer{Shop: "Galleria", BaseURL: "https://shop.example"}, nil, func() time.Time { return d.clock })
		test(t, d)
	})
}

func (d *desk) works(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// passes lets time pass, and what is old then be deleted.
func (d *desk) passes(time time.Duration) {
	d.t.Helper()
	d.clock = d.clock.Add(time)
	d.works(d.service.forgetOld(d.t.Context(), kept))
}

func (d *desk) queue(n int) (mails []mail.Mail) {
	d.t.Helper()
	d.works(d.db.Write(d.t.Context(), func(tx *gorm.DB) error {
		mails = nil // the transaction may be repeated
		for range n {
			m := mail.New(id.New(), "ana@example.com", letter.Facts{Kind: letter.Placed, OrderID: "o", Currency: "EUR"}, d.clock)
			if err := store.Queue(tx, m); err != nil {
				return err
			}
			mails = append(mails, m)
		}
		return nil
	}))
	return mails
}

func (d *desk) has(m mail.Mail) bool {
	d.t.Helper()
	_, found, err := d.store.Get(d.t.Context(), m.ID)
	d.works(err)
	return found
}

func TestMailsAreDeletedSomeTimeAfterTheyWereSentOrRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		mails := d.queue(4)
		sent, refused, queued, again := mails[0], mails[1], mails[2], mails[3]
		d.passes(10 * kept) // what counts is not when they were queued
		d.works(d.store.Sent(t.Context(), sent, d.clock))
		d.works(d.store.Refused(t.Context(), refused, "no such user", d.clock))
		d.works(d.store.Refused(t.Context(), again, "no such user", d.clock))
		d.passes(kept)
		for what, m := range map[string]mail.Mail{"sent": sent, "refused": refused} {
			if !d.has(m) {
				t.Errorf("a mail that was %s is gone too early", what)
			}
		}
		_, err := d.store.Resend(t.Context(), again.ID, "key", d.clock)
		d.works(err)
		d.passes(time.Second)
		for what, m := range map[string]mail.Mail{"sent": sent, "refused": refused} {
			if d.has(m) {
				t.Errorf("a mail that was %s longer ago than mails are kept is still there, want it deleted", what)
			}
		}
		d.passes(100 * kept)
		for what, m := range map[string]mail.Mail{"queued": queued, "queued again": again} {
			if !d.has(m) {
				t.Errorf("a mail that is %s was deleted, want it kept until it is sent", what)
			}
		}
	})
}

func TestAllOldMailsAreDeletedInBatches(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		d.works(d.store.Lay(t.Context(), d.queue(2*forgetBatch+1), d.clock))
		d.clock = d.clock.Add(kept + time.Second)
		gone, err := d.store.Forget(t.Context(), d.clock.Add(-kept), forgetBatch)
		if err != nil || gone != forgetBatch {
			t.Errorf("one write deleted %d mails, %v; want %d", gone, err, forgetBatch)
		}
		d.passes(0)
		left, _, err := d.store.Page(t.Context(), page.Page{Size: 1})
		if err != nil || len(left) != 0 {
			t.Errorf("got %d mails left, %v; want none", len(left), err)
		}
	})
}

// TestTheEventOfADeletedMailIsNotMailedAgain brings the event through a second broker:
// the stream of one recognises what it was told twice within minutes, so that the
// inbox would not be asked.
func TestTheEventOfADeletedMailIsNotMailedAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, d *desk) {
		o := databasetest.SQLite(t)
		o.Module, o.Migrations = "orders", fstest.MapFS{}
		orders := databasetest.Open(t, o)
		d.append(orders, "first")
		var event map[string]any
		d.works(orders.Read(t.Context()).Raw("SELECT * FROM outbox").Scan(&event).Error)

		d.hear(orders, func() { d.until("the first mail", 1) })
		mails, _, err := d.store.Page(t.Context(), page.Page{Size: 10})
		d.works(err)
		d.works(d.store.Sent(t.Context(), mails[0], d.clock))
		d.passes(kept + time.Second)
		d.until("no mail", 0)

		d.works(orders.Write(t.Context(), func(tx *gorm.DB) error { return tx.Table("outbox").Create(event).Error }))
		d.append(orders, "second")
		d.hear(orders, func() {
			// Both are handled once the relay has no more and the later one has its mail.
			only := d.until("the second mail", 1)[0]
			if only.Name != "second" {
				t.Errorf("got a mail to %q, want none but the second", only.Name)
			}
		})
		d.until("the second mail and no other", 1)
	})
}

func (d *desk) append(orders *database.DB, name string) {
	d.t.Helper()
	d.works(orders.Write(d.t.Context(), func(tx *gorm.DB) error {
		return events.Append(tx, d.clock, "o", &ordersv1.OrderPlaced{
			Order: &ordersv1.Order{
				Id: "o", Number: "G-7K3M-Q4", Contact: &ordersv1.Contact{Email: "ana@example.com", Name: name},
				CurrencyCode: "EUR", Totals: &ordersv1.Totals{TotalMinor: 100},
			},
			Token: "t", At: timestamppb.New(d.clock),
		})
	}))
}

// hear carries events from orders through a broker of its own until do returns.
func (d *desk) hear(orders *database.DB, do func()) {
	d.t.Helper()
	log := slog.New(slog.DiscardHandler)
	broker, err := events.OpenBroker(events.BrokerOptions{Dir: d.t.TempDir(), Log: log})
	d.works(err)
	defer func() { d.works(broker.Close(context.Background())) }()
	conn, err := broker.Conn()
	d.works(err)
	now := d.clock
	subscriber, err := events.NewSubscriber("notifications", d.db, conn, d.service.Subscriptions(), events.SubscriberOptions{Now: func() time.Time { return now }, Log: log})
	d.works(err)
	ctx, cancel := context.WithCancel(d.t.Context())
	done := make(chan error, 2)
	go func() { done <- events.NewRelay(orders, conn, log).Run(ctx) }()
	go func() { done <- subscriber.Run(ctx) }()
	do()
	cancel()
	for range 2 {
		if err := <-done; err != nil && err != context.Canceled {
			d.t.Errorf("carry events: %v", err)
		}
	}
}

// until waits until there are n mails.
func (d *desk) until(what string, n int) (mails []mail.Mail) {
	d.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		var err error
		mails, _, err = d.store.Page(d.t.Context(), page.Page{Size: 10})
		d.works(err)
		if len(mails) == n {
			return mails
		}
	}
	d.t.Fatalf("waited for %s: got %d mails (%s), want %d", what, len(mails), fmt.Sprint(mails), n)
	return nil
}
