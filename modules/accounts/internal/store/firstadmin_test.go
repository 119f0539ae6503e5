package store_test

import (
	"errors"
	"testing"
	"time"

	"galleria/migrations"
	"galleria/modules/accounts/internal/account"
	"galleria/modules/accounts/internal/store"
	"galleria/platform/database"
	"galleria/platform/database/databasetest"
)

func TestALinkForTheFirstAdministratorExpires(t *testing.T) {
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) {
		o.Migrations = migrations.For("accounts")
		now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		kept := store.New(databasetest.Open(t, o), func() time.Time { return now })
		if err := kept.OfferFirstAdmin(t.Context(), "digest", now.Add(2*time.Hour)); err != nil {
			t.Fatal(err)
		}
		person := account.Person{Email: "ana@example.com", Key: "ana@example.com", Password: "hashed"}
		session := store.NewSession{Digest: "session", Lifetimes: account.Lifetimes{Idle: time.Hour, Longest: time.Hour}}
		now = now.Add(2 * time.Hour)
		if err := kept.FirstAdminLink(t.Context(), "digest", "call"); !errors.Is(err, store.ErrBadLink) {
			t.Errorf("looking at it: got %v, want ErrBadLink", err)
		}
		if _, _, err := kept.CreateFirstAdmin(t.Context(), "digest", "call", person, session); !errors.Is(err, store.ErrBadLink) {
			t.Errorf("after two hours: got %v, want ErrBadLink", err)
		}
		now = now.Add(-time.Second)
		if _, _, err := kept.CreateFirstAdmin(t.Context(), "digest", "call", person, session); err != nil {
			t.Errorf("a second before: %v", err)
		}
	})
}
