package store_test

import (
	"io/fs"
	"testing"
	"time"

	"gorm.io/gorm"

	"galleria/migrations"
	"galleria/modules/webhooks/internal/store"
	"galleria/modules/webhooks/internal/webhook"
	"galleria/platform/database"
	"galleria/platform/database/databasetest"
	"galleria/platform/id"
)

func onBoth(t *testing.T, test func(t *testing.T, db *database.DB, s *store.Store, e webhook.Endpoint)) {
	databasetest.Each(t, func(t *testing.T, open func(fs.FS) *database.DB) {
		db := open(migrations.For("webhooks"))
		s := store.New(db)
		e, problems := webhook.New(id.New(), "https://example.com/", nil, "", false, time.Now().Add(-time.Hour))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		e, err := s.Add(t.Context(), e, "key", 10)
		if err != nil {
			t.Fatal(err)
		}
		test(t, db, s, e)
	})
}

func queue(t *testing.T, db *database.DB, event string, happened time.Time) {
	t.Helper()
	err := db.Write(t.Context(), func(tx *gorm.DB) error {
		return store.Queue(tx, event, webhook.StockLow, happened, "{}", time.Now())
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAnEventIsQueuedOnceForAnEndpointThatWasThere(t *testing.T) {
	onBoth(t, func(t *testing.T, db *database.DB, s *store.Store, e webhook.Endpoint) {
		queue(t, db, "one", time.Now())
		queue(t, db, "one", time.Now())
		queue(t, db, "before it was made", e.CreatedAt.Add(-time.Minute))
		got, _, err := s.Page(t.Context(), e.ID, "", 10)
		if err != nil || len(got) != 1 || got[0].WebhookID != "one" {
			t.Errorf("got %v, %v; want one delivery", got, err)
		}
	})
}

func TestOnlyWhatEndedLongAgoIsDeleted(t *testing.T) {
	onBoth(t, func(t *testing.T, db *database.DB, s *store.Store, e webhook.Endpoint) {
		now := time.Now()
		for _, event := range []string{"delivered", "failed", "waiting"} {
			queue(t, db, event, now)
		}
		due, err := s.Due(t.Context(), e.ID, time.Now(), 10)
		if err != nil || len(due) != 3 {
			t.Fatalf("got %v, %v; want 3 that are due", due, err)
		}
		for _, d := range due {
			switch d.WebhookID {
			case "delivered":
				if mine, err := s.Claim(t.Context(), &d, now, now.Add(time.Minute)); err != nil || !mine {
					t.Fatalf("claim: got %t, %v", mine, err)
				}
				err = s.Succeeded(t.Context(), d, 200, "", now)
			case "failed":
				if mine, err := s.Claim(t.Context(), &d, now, now.Add(time.Minute)); err != nil || !mine {
					t.Fatalf("claim: got %t, %v", mine, err)
				}
				_, err = s.Failed(t.Context(), d, store.Failure{Status: 500, Problem: "x"}, "", now)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		// The one that failed was the last try of its endpoint's only request that did, so
		// the endpoint is off, and what waited has failed with it.
		if gone, err := s.Forget(t.Context(), now.Add(-time.Second), 10); err != nil || gone != 0 {
			t.Errorf("before they ended: got %d deleted, %v; want none", gone, err)
		}
		queueAgain(t, db, s, e)
		if gone, err := s.Forget(t.Context(), now.Add(time.Hour), 10); err != nil || gone != 3 {
			t.Errorf("got %d deleted, %v; want the 3 that ended, and not the one that waits", gone, err)
		}
		if left, _, err := s.Page(t.Context(), e.ID, "", 10); err != nil || len(left) != 1 || left[0].Status != webhook.Waiting {
			t.Errorf("got %v, %v; want the one that waits", left, err)
		}
	})
}

// queueAgain switches the endpoint on and queues one that waits.
func queueAgain(t *testing.T, db *database.DB, s *store.Store, e webhook.Endpoint) {
	t.Helper()
	if _, err := s.SetActive(t.Context(), e.ID, true, "", time.Now()); err != nil {
		t.Fatal(err)
	}
	queue(t, db, "new", time.Now())
}

func TestOneOfManyClaimsAnAttempt(t *testing.T) {
	onBoth(t, func(t *testing.T, db *database.DB, s *store.Store, e webhook.Endpoint) {
		queue(t, db, "one", time.Now())
		due, err := s.Due(t.Context(), e.ID, time.Now(), 10)
		if err != nil || len(due) != 1 {
			t.Fatalf("got %v, %v; want 1 that is due", due, err)
		}
		claims := make(chan bool, 8)
		for range cap(claims) {
			go func() {
				d := due[0]
				mine, err := s.Claim(t.Context(), &d, time.Now(), time.Now().Add(time.Minute))
				if err != nil {
					t.Error(err)
				}
				claims <- mine
			}()
		}
		won := 0
		for range cap(claims) {
			if <-claims {
				won++
			}
		}
		if won != 1 {
			t.Errorf("%d claims of one attempt were granted, want 1", won)
		}
	})
}
