package store

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strconv"
	"time"

	"gorm.io/gorm"
)

// SigningKey is a key that signs statements of who makes a call.
type SigningKey struct {
	// Number is one more than that of the key it follows.
	Number             int64
	Seed               []byte
	Created, SignsFrom time.Time
	CreatedBy          string
	// BelievedUntil is zero while no key follows it.
	BelievedUntil time.Time
}

// secretSize is how many random bytes a seed and the tokens' secret have.
const secretSize = 32

func newSecret() string {
	made := make([]byte, secretSize)
	rand.Read(made)
	return base64.StdEncoding.EncodeToString(made)
}

// TokenSecret is what tokens are made of, made when there is none. Processes that start
// together get the same one.
func (s *Store) TokenSecret(ctx context.Context) ([]byte, error) {
	if secret, err := s.tokenSecret(ctx); err != nil || secret != nil {
		return secret, err
	}
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		return tx.Exec("INSERT INTO token_secret (id, secret, created_at) VALUES ('only', ?, ?) ON CONFLICT DO NOTHING", newSecret(), stamp(s.now())).Error
	})
	if err != nil {
		return nil, err
	}
	return s.tokenSecret(ctx)
}

func (s *Store) tokenSecret(ctx context.Context) ([]byte, error) {
	var secrets []string
	if err := s.db.Read(ctx).Raw("SELECT secret FROM token_secret").Scan(&secrets).Error; err != nil || len(secrets) == 0 {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(secrets[0])
}

// SigningKeys are those that are believed, the oldest first.
func (s *Store) SigningKeys(ctx context.Context) ([]SigningKey, error) {
	var rows []struct {
		Number                              int64
		Seed, CreatedBy                     string
		CreatedAt, SignsFrom, BelievedUntil int64
	}
	err := s.db.Read(ctx).Raw("SELECT number, seed, created_at, created_by, signs_from, believed_until FROM signing_keys ORDER BY number").Scan(&rows).Error
	if err != nil {
		return nil, err
	}
	all := make([]SigningKey, len(rows))
	for i, r := range rows {
		seed, err := base64.StdEncoding.DecodeString(r.Seed)
		if err != nil {
			return nil, fmt.Errorf("the seed of key %d is no base64", r.Number) // without the error: it quotes the seed
		}
		all[i] = SigningKey{
			Number: r.Number, Seed: seed, Created: moment(r.CreatedAt), CreatedBy: r.CreatedBy, SignsFrom: moment(r.SignsFrom), BelievedUntil: moment(r.BelievedUntil),
		}
	}
	return all, nil
}

// signingKeyID is the id of a numbered key. The first one is from a time when there was one.
func signingKeyID(number int64) string {
	if number == 1 {
		return "first"
	}
	return strconv.FormatInt(number, 10)
}

// FollowSigningKey makes the key that follows a numbered one; 0: the first of all. It signs
// from a time on, and those before it are believed until another one, or until they end
// already. False: the numbered one is not the newest, and nothing was done.
func (s *Store) FollowSigningKey(ctx context.Context, number int64, by string, signsFrom, believedUntil time.Time) (made bool, err error) {
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		added := tx.Exec(`INSERT INTO signing_keys (id, number, seed, created_at, created_by, signs_from)
			SELECT CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS TEXT), CAST(? AS BIGINT)
			WHERE (SELECT COALESCE(MAX(number), 0) FROM signing_keys) = ? ON CONFLICT DO NOTHING`,
			signingKeyID(number+1), number+1, newSecret(), stamp(s.now()), by, stamp(signsFrom), number)
		if made = added.RowsAffected == 1; added.Error != nil || !made {
			return added.Error
		}
		return tx.Exec("UPDATE signing_keys SET believed_until = ? WHERE number <= ? AND (believed_until = 0 OR believed_until > ?)",
			stamp(believedUntil), number, stamp(believedUntil)).Error
	})
	return made && err == nil, err
}

// EndSigningKeys deletes those that are believed no more, and tells how many.
func (s *Store) EndSigningKeys(ctx context.Context) (gone int64, err error) {
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		done := tx.Exec("DELETE FROM signing_keys WHERE believed_until > 0 AND believed_until <= ?", stamp(s.now()))
		gone = done.RowsAffected
		return done.Error
	})
	return gone, err
}
