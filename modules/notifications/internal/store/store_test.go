package store_test

import (
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"galleria/migrations"
	"galleria/modules/notifications/internal/letter"
	"galleria/modules/notifications/internal/mail"
	"galleria/modules/notifications/internal/page"
	"galleria/modules/notifications/internal/store"
	"galleria/platform/database"
	"galleria/platform/database/databasetest"
)

func onBoth(t *testing.T, test func(t *testing.T, db *database.DB, s *store.Store)) {
	databasetest.Each(t, func(t *testing.T, open func(fs.FS) *database.DB) {
		db := open(migrations.For("notifications"))
		test(t, db, store.New(db))
	})
}

func queue(t *testing.T, db *database.DB, event string) {
	t.Helper()
	m := mail.New(event, "ana@example.com", letter.Facts{Kind: letter.Placed, OrderID: event, Currency: "EUR"}, time.Now())
	if err := db.Write(t.Context(), func(tx *gorm.DB) error { return store.Queue(tx, m) }); err != nil {
		t.Errorf("queue: %v", err)
	}
}

func TestOneMailPerEventHoweverOftenItIsHandled(t *testing.T) {
	onBoth(t, func(t *testing.T, db *database.DB, s *store.Store) {
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() { queue(t, db, "event") })
		}
		all.Wait()
		mails, _, err := s.Page(t.Context(), page.Page{Size: 10})
		if err != nil || len(mails) != 1 {
			t.Errorf("got %d mails, %v; want 1", len(mails), err)
		}
	})
}

func TestOneOfManyClaimsAnAttempt(t *testing.T) {
	onBoth(t, func(t *testing.T, db *database.DB, s *store.Store) {
		queue(t, db, "event")
		due, err := s.Due(t.Context(), time.Now(), 10)
		if err != nil || len(due) != 1 {
			t.Fatalf("got %d mails that are due, %v; want 1", len(due), err)
		}
		var all sync.WaitGroup
		claims := make(chan bool, 8)
		for range cap(claims) {
			all.Go(func() {
				mine, err := s.Claim(t.Context(), due[0], time.Now().Add(time.Minute))
				if err != nil {
					t.Error(err)
				}
				claims <- mine
			})
		}
		all.Wait()
		close(claims)
		won := 0
		for mine := range claims {
			if mine {
				won++
			}
		}
		if won != 1 {
			t.Errorf("%d claims of one attempt were granted, want 1", won)
		}
		if due, err := s.Due(t.Context(), time.Now(), 10); err != nil || len(due) != 0 {
			t.Errorf("while it is claimed: got %d mails that are due, %v; want none", len(due), err)
		}
	})
}

func TestAPageIsOneStatement(t *testing.T) {
	onBoth(t, func(t *testing.T, db *database.DB, s *store.Store) {
		for i := range 30 {
			queue(t, db, fmt.Sprint("event", i))
		}
		n := databasetest.CountStatements(db, func() {
			mails, more, err := s.Page(t.Context(), page.Page{Size: 20})
			if err != nil || len(mails) != 20 || !more {
				t.Errorf("got %d mails, more %t, %v; want 20 and more", len(mails), more, err)
			}
		})
		if n != 1 {
			t.Errorf("got %d statements for a page, want 1", n)
		}
	})
}

func TestNoRaceLetsOutMoreThanTheLimit(t *testing.T) {
	onBoth(t, func(t *testing.T, db *database.DB, s *store.Store) {
		for i := range 12 {
			queue(t, db, fmt.Sprint("event", i))
		}
		now := time.Now()
		due, err := s.Due(t.Context(), now, 20)
		if err != nil || len(due) != 12 {
			t.Fatalf("got %d mails that are due, %v; want 12", len(due), err)
		}
		var all sync.WaitGroup
		out := make(chan mail.Mail, 100)
		for i := range 12 {
			all.Go(func() {
				for _, half := range [][]mail.Mail{due[i : i+1], due} {
					let, err := s.LetOut(t.Context(), half, now, mail.Limits{Hour: 5, Day: 50})
					if err != nil {
						t.Error(err)
					}
					for _, m := range let {
						out <- m
					}
				}
			})
		}
		all.Wait()
		if len(out) != 5 {
			t.Errorf("%d mails were let out, want 5, each once", len(out))
		}
		let, err := s.LetOut(t.Context(), due, now.Add(61*time.Minute), mail.Limits{Hour: 5, Day: 8})
		if err != nil || len(let) != 3 {
			t.Errorf("an hour later: got %d let out, %v; want the 3 that the day has left", len(let), err)
		}
	})
}

func TestAMailIsSentAgainForItsOwnKeyOnly(t *testing.T) {
	onBoth(t, func(t *testing.T, db *database.DB, s *store.Store) {
		queue(t, db, "one")
		queue(t, db, "two")
		due, err := s.Due(t.Context(), time.Now(), 2)
		if err != nil || len(due) != 2 {
			t.Fatalf("got %v, %v; want 2 mails", due, err)
		}
		again := func(i int, key string) error {
			m, err := s.Resend(t.Context(), due[i].ID, key, time.Now())
			if err == nil {
				due[i] = m
			}
			return err
		}
		if err := again(0, "k"); !errors.Is(err, mail.ErrWaits) {
			t.Errorf("a mail that waits: got %v, want %v", err, mail.ErrWaits)
		}
		if err := s.Refused(t.Context(), due[0], "no such user", time.Now()); err != nil {
			t.Fatal(err)
		}
		if err := again(0, "k"); err != nil {
			t.Errorf("a refused mail with the key that did nothing: got %v", err)
		}
		if err := again(1, "k"); !errors.Is(err, store.ErrKeyReused) {
			t.Errorf("another mail's key: got %v, want %v", err, store.ErrKeyReused)
		}
		if err := s.Refused(t.Context(), due[0], "no such user", time.Now()); err != nil {
			t.Fatal(err)
		}
		if m, err := s.Resend(t.Context(), due[0].ID, "k", time.Now()); err != nil || m.Status != mail.Refused {
			t.Errorf("the key again: got %s, %v; want the mail refused, and not queued again", m.Status, err)
		}
	})
}

func TestOneOfManyCallsSendsAMailAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, db *database.DB, s *store.Store) {
		queue(t, db, "event")
		due, err := s.Due(t.Context(), time.Now(), 1)
		if err != nil || len(due) != 1 {
			t.Fatalf("got %v, %v; want a mail", due, err)
		}
		if err := s.Sent(t.Context(), due[0], time.Now()); err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		answers := make(chan error, 8)
		for i := range cap(answers) {
			all.Go(func() {
				_, err := s.Resend(t.Context(), due[0].ID, fmt.Sprint("key", i), time.Now())
				answers <- err
			})
		}
		all.Wait()
		close(answers)
		queued := 0
		for err := range answers {
			switch {
			case err == nil:
				queued++
			case !errors.Is(err, mail.ErrWaits):
				t.Errorf("got %v, want %v", err, mail.ErrWaits)
			}
		}
		if m, _, err := s.Get(t.Context(), due[0].ID); err != nil || queued != 1 || m.Resends != 1 || m.Status != mail.Queued {
			t.Errorf("%d calls queued it, and it is %s and was queued again %d times, %v; want one", queued, m.Status, m.Resends, err)
		}
	})
}

// A process that was slow tells of its attempt when another one has sent the mail, and
// staff have queued it again.
func TestALateOutcomeIsNotThatOfAMailWhichWasQueuedAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, db *database.DB, s *store.Store) {
		queue(t, db, "event")
		now := time.Now()
		due, err := s.Due(t.Context(), now, 1)
		if err != nil || len(due) != 1 {
			t.Fatalf("got %v, %v; want a mail", due, err)
		}
		if err := s.Sent(t.Context(), due[0], now); err != nil {
			t.Fatal(err)
		}
		again, err := s.Resend(t.Context(), due[0].ID, "key", now)
		if err != nil {
			t.Fatal(err)
		}
		busy := due[0]
		busy.Problem, busy.DueAt = "busy", now.Add(time.Hour)
		if err := errors.Join(
			s.Sent(t.Context(), due[0], now),
			s.Refused(t.Context(), due[0], "no such user", now),
			s.Failed(t.Context(), busy),
			s.Lay(t.Context(), due, now),
		); err != nil {
			t.Fatal(err)
		}
		if got, _, err := s.Get(t.Context(), due[0].ID); err != nil || got.Status != mail.Queued || got.Problem != "" || !got.DueAt.Equal(again.DueAt) {
			t.Errorf("got %+v, %v; want it queued as before", got, err)
		}
		if err := s.Sent(t.Context(), again, now); err != nil {
			t.Fatal(err)
		}
		if got, _, err := s.Get(t.Context(), due[0].ID); err != nil || got.Status != mail.Sent {
			t.Errorf("its own outcome: got %s, %v; want it sent", got.Status, err)
		}
	})
}
