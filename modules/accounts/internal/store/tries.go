package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"galleria/modules/accounts/internal/account"
)

// Counted is what tries are counted for, and how the pauses between them grow.
type Counted struct {
	// For is hashed already.
	For  string
	Wait account.Wait
}

// Try notes a try before it is made, as one that failed: of many at once, no more get
// through than may. wait is how long there is no other; then nothing is kept, not even a
// row: a client that is to wait and goes on could fill the table otherwise, with a new
// address each time.
func (s *Store) Try(ctx context.Context, counted ...Counted) (wait time.Duration, err error) {
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		wait = 0
		now := s.now()
		rows := make([]struct{ Failures, NextAt, LastAt int64 }, len(counted))
		for i, c := range counted {
			// Writing the row first makes those who count for the same wait for each
			// other.
			err := tx.Raw(`INSERT INTO tries (counted_for, failures, next_at, last_at) VALUES (?, 0, 0, ?)
				ON CONFLICT (counted_for) DO UPDATE SET failures = tries.failures RETURNING failures, next_at, last_at`, c.For, stamp(now)).Scan(&rows[i]).Error
			if err != nil {
				return err
			}
			wait = max(wait, moment(rows[i].NextAt).Sub(now))
		}
		if wait > 0 {
			return errWait
		}
		for i, c := range counted {
			failures, rest := account.Remembered(rows[i].Failures, now.Sub(moment(rows[i].LastAt)))
			failures++
			err := tx.Exec("UPDATE tries SET failures = ?, next_at = ?, last_at = ? WHERE counted_for = ?",
				failures, stamp(now.Add(c.Wait.After(failures))), stamp(now.Add(-rest)), c.For).Error
			if err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, errWait) {
		err = nil
	}
	return wait, err
}

// errWait takes back the rows of a try that is not made.
var errWait = errors.New("there is a wait")

// Succeeded takes back what Try noted: the account's count begins anew, the client's is
// one less, for one good password must not pay for many bad ones.
func (s *Store) Succeeded(ctx context.Context, accounts, clients string) error {
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		if err := tx.Exec("DELETE FROM tries WHERE counted_for = ?", accounts).Error; err != nil {
			return err
		}
		return tx.Exec("UPDATE tries SET failures = failures - 1, next_at = 0 WHERE counted_for = ? AND failures > 0", clients).Error
	})
}
