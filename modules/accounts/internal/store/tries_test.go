package store_test

import (
	"fmt"
	"testing"
	"time"

	"gorm.io/gorm"

	"galleria/migrations"
	"galleria/modules/accounts/internal/account"
	"galleria/modules/accounts/internal/store"
	"galleria/platform/database"
	"galleria/platform/database/databasetest"
)

// rowsOfTries counts what is kept of tries.
func rowsOfTries(t *testing.T, db *database.DB) (rows int64) {
	t.Helper()
	if err := db.Read(t.Context()).Raw("SELECT count(*) FROM tries").Scan(&rows).Error; err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestATryThatIsToWaitKeepsNothing(t *testing.T) {
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) {
		o.Migrations = migrations.For("accounts")
		db := databasetest.Open(t, o)
		now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		kept := store.New(db, func() time.Time { return now })
		try := func(n int) time.Duration {
			wait, err := kept.Try(t.Context(), store.Counted{For: "client", Wait: account.ForClient}, store.Counted{For: fmt.Sprint("address ", n), Wait: account.ForAccount})
			if err != nil {
				t.Fatal(err)
			}
			return wait
		}
		made := 0
		for try(made) == 0 {
			made++
		}
		for n := range 10 {
			if wait := try(made + n); wait <= 0 {
				t.Errorf("got no wait for try %d", made+n)
			}
		}
		if rows, want := rowsOfTries(t, db), int64(made)+1; rows != want {
			t.Errorf("got %d rows after %d tries and 11 that were to wait, want %d: the client's and one for each try", rows, made, want)
		}
	})
}

func TestAllThatHasEndedIsDeletedAtOnce(t *testing.T) {
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) {
		o.Migrations = migrations.For("accounts")
		db := databasetest.Open(t, o)
		now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		kept := store.New(db, func() time.Time { return now })
		const old = 1234
		err := db.Write(t.Context(), func(tx *gorm.DB) error {
			for n := range old {
				if err := tx.Exec("INSERT INTO tries (counted_for, failures, next_at, last_at) VALUES (?, 1, 0, ?)", fmt.Sprint("address ", n), now.UnixMicro()).Error; err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if gone, err := kept.Expire(t.Context(), now.Add(time.Second), now.Add(-time.Hour)); err != nil || gone != old {
			t.Errorf("deleted %d rows, error %v, want all %d", gone, err, old)
		}
		if rows := rowsOfTries(t, db); rows != 0 {
			t.Errorf("got %d rows that ended, want none", rows)
		}
	})
}

func TestTriesAreForgottenThoughOthersFollow(t *testing.T) {
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) {
		o.Migrations = migrations.For("accounts")
		db := databasetest.Open(t, o)
		now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		kept := store.New(db, func() time.Time { return now })
		const tries, every = 16, 4 * time.Minute
		for n := range tries {
			if n > 0 {
				now = now.Add(every)
			}
			if wait, err := kept.Try(t.Context(), store.Counted{For: "client", Wait: account.ForClient}); err != nil || wait > 0 {
				t.Fatalf("try %d: got a wait of %s and error %v", n, wait, err)
			}
		}
		var failures int64
		if err := db.Read(t.Context()).Raw("SELECT failures FROM tries").Scan(&failures).Error; err != nil {
			t.Fatal(err)
		}
		if want := int64(4); failures != want { // in an hour 12 of them are forgotten
			t.Errorf("got %d after %d tries, one every %s, want %d", failures, tries, every, want)
		}
	})
}
