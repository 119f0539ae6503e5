// Package store keeps accounts in the module's database.
package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"gorm.io/gorm"

	"galleria/platform/database"
	"galleria/platform/id"
)

// Store is the module's tables. Safe for concurrent use.
type Store struct {
	db  *database.DB
	now func() time.Time
}

// New returns the store in db, which it does not own.
func New(db *database.DB, now func() time.Time) *Store { return &Store{db: db, now: now} }

// Why something is not done.
var (
	ErrNoAccount = errors.New("no such account")
	ErrTaken     = errors.New("another account has this address")
	ErrBadLink   = errors.New("no such link, or it is too old")
	ErrHasAdmin  = errors.New("there is an administrator already")
	ErrLastAdmin = errors.New("there would be no administrator any more")
	ErrNoSession = errors.New("no such session")
	ErrNoAddress = errors.New("the account has no such address")
	ErrTooMany   = errors.New("the account has as many addresses as are kept")
	ErrKeyReused = errors.New("the idempotency key was used for something else")
	ErrUsed      = errors.New("the challenge was used before")
	ErrCounted   = errors.New("its counter is not above that of its last use: it may have been copied")

	ErrManyPasskeys = errors.New("the account has as many passkeys as are kept")
)

// stamp is a time as it is stored.
func stamp(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// moment is a stored time.
func moment(stored int64) time.Time {
	if stored == 0 {
		return time.Time{}
	}
	return time.UnixMicro(stored).UTC()
}

// mostExpired is how many rows of a table one statement deletes: others write between two.
const mostExpired = 500

// expired are the tables whose rows end by themselves, and when.
var expired = []struct{ delete string }{
	{"DELETE FROM sessions WHERE token_hash IN (SELECT token_hash FROM sessions WHERE idle_until < ? OR expires_at < ? LIMIT ?)"},
	{"DELETE FROM given_sessions WHERE token_hash IN (SELECT token_hash FROM given_sessions WHERE expires_at < ? LIMIT ?)"},
	{"DELETE FROM links WHERE token_hash IN (SELECT token_hash FROM links WHERE expires_at < ? LIMIT ?)"},
	{"DELETE FROM tries WHERE counted_for IN (SELECT counted_for FROM tries WHERE last_at < ? LIMIT ?)"},
	{"DELETE FROM used_challenges WHERE challenge_hash IN (SELECT challenge_hash FROM used_challenges WHERE expires_at < ? LIMIT ?)"},
	{"DELETE FROM first_admin WHERE token_hash IN (SELECT token_hash FROM first_admin WHERE expires_at < ? LIMIT ?)"},
	{"DELETE FROM known_clients WHERE last_at IN (SELECT last_at FROM known_clients WHERE last_at < ? LIMIT ?)"},
}

// Expire deletes all that has ended, and says how much.
func (s *Store) Expire(ctx context.Context, triesBefore, clientsBefore time.Time) (gone int64, err error) {
	now := s.now().UnixMicro()
	arguments := [][]any{{now, now}, {now}, {now}, {stamp(triesBefore)}, {now}, {now}, {stamp(clientsBefore)}}
	for i, e := range expired {
		for more := true; more; {
			err := s.db.Write(ctx, func(tx *gorm.DB) error {
				done := tx.Exec(e.delete, append(slices.Clone(arguments[i]), mostExpired)...)
				gone += done.RowsAffected
				more = done.RowsAffected >= mostExpired
				return done.Error
			})
			if err != nil {
				return gone, err
			}
		}
	}
	return gone, nil
}

func newID() string { return id.New() }
