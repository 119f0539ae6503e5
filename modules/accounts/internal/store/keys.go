package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
)

// Key is an API key.
type Key struct {
	ID, Name, Beginning, CreatedBy string
	Scopes                         []string
	Created, Used                  time.Time
}

// keyRow is a row of the table.
type keyRow struct {
	ID, Name, Beginning, Scopes, CreatedBy string
	CreatedAt, UsedAt                      int64
}

const keyColumns = "id, name, beginning, scopes, created_by, created_at, used_at"

func (r keyRow) key() Key {
	return Key{ID: r.ID, Name: r.Name, Beginning: r.Beginning, CreatedBy: r.CreatedBy, Scopes: strings.Fields(r.Scopes), Created: moment(r.CreatedAt), Used: moment(r.UsedAt)}
}

// AddKey stores a key by the digest of its secret; made is false when it was there.
// ErrKeyReused: as another one.
func (s *Store) AddKey(ctx context.Context, k Key, digest string) (_ Key, made bool, err error) {
	k.ID, k.Created = newID(), s.now().UTC().Truncate(time.Microsecond)
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		added := tx.Exec("INSERT INTO api_keys (id, secret_hash, name, beginning, scopes, created_by, created_at) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (secret_hash) DO NOTHING",
			k.ID, digest, k.Name, k.Beginning, strings.Join(k.Scopes, " "), k.CreatedBy, stamp(k.Created))
		made = added.RowsAffected == 1
		return added.Error
	})
	if err != nil || made {
		return k, made, err
	}
	before, err := s.keys(ctx, "secret_hash = ?", digest)
	if err == nil && (len(before) == 0 || before[0].Name != k.Name || !slices.Equal(before[0].Scopes, k.Scopes)) {
		err = ErrKeyReused
	}
	if err != nil {
		return Key{}, false, err
	}
	return before[0], false, nil
}

// Keys lists those that were not revoked, newest first.
func (s *Store) Keys(ctx context.Context) ([]Key, error) {
	return s.keys(ctx, "revoked_at = 0 ORDER BY id DESC")
}

// KeyBy finds a key that was not revoked by the digest of its secret.
func (s *Store) KeyBy(ctx context.Context, digest string) (Key, bool, error) {
	found, err := s.keys(ctx, "revoked_at = 0 AND secret_hash = ?", digest)
	if err != nil || len(found) == 0 {
		return Key{}, false, err
	}
	return found[0], true, nil
}

func (s *Store) keys(ctx context.Context, condition string, values ...any) ([]Key, error) {
	var rows []keyRow
	err := s.db.Read(ctx).Raw("SELECT "+keyColumns+" FROM api_keys WHERE "+condition, values...).Scan(&rows).Error
	all := make([]Key, len(rows))
	for i, r := range rows {
		all[i] = r.key()
	}
	return all, err
}

// RevokeKey ends a key.
func (s *Store) RevokeKey(ctx context.Context, id string) error {
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		return tx.Exec("UPDATE api_keys SET revoked_at = ? WHERE id = ? AND revoked_at = 0", s.now().UnixMicro(), id).Error
	})
}
