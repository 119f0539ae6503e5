package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"galleria/modules/webhooks/internal/webhook"
)

// countEndpoints makes those who add endpoints at once take turns on PostgreSQL, and
// counts those there are. On SQLite, a transaction that writes is alone.
func (s *Store) countEndpoints(tx *gorm.DB) (n int, err error) {
	if s.db.Dialect() == "postgres" {
		if err := tx.Exec("SELECT pg_advisory_xact_lock(hashtextextended('webhooks/endpoints', 0))").Error; err != nil {
			return 0, err
		}
	}
	return n, tx.Raw("SELECT count(*) FROM webhook_endpoints").Row().Scan(&n)
}

// Add stores an endpoint, once per key, and returns it as it is. Errors: ErrTooMany,
// ErrKeyReused.
func (s *Store) Add(ctx context.Context, e webhook.Endpoint, key string, most int) (webhook.Endpoint, error) {
	content := fmt.Sprintf("%q %q %q", e.URL, e.Events, e.Note)
	err := s.write(ctx, "add an endpoint", func(tx *gorm.DB) error {
		made, first, err := once(tx, "add", key, content, e.ID, e.CreatedAt)
		if err != nil {
			return err
		}
		if !first {
			row, err := endpoint(tx, made)
			if err == nil && row.SecretKey != key {
				err = ErrKeyReused // the secret that the key stands for is no more
			}
			e = row.endpoint()
			return err
		}
		if n, err := s.countEndpoints(tx); err != nil || n >= most {
			if err == nil {
				err = ErrTooMany
			}
			return err
		}
		return tx.Exec(`INSERT INTO webhook_endpoints (id, url, events, note, secret, secret_key, active, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			e.ID, e.URL, strings.Join(e.Events, ","), e.Note, e.Secrets.Now, key, true, e.CreatedAt.UnixMicro()).Error
	})
	return e, err
}

// SetActive switches an endpoint on or off, and gives up what waits for one that is
// switched off. Error: ErrNoEndpoint.
func (s *Store) SetActive(ctx context.Context, id string, active bool, because string, now time.Time) (e webhook.Endpoint, err error) {
	err = s.write(ctx, "switch endpoint "+id, func(tx *gorm.DB) error {
		if err := setActive(tx, id, active, because, now); err != nil {
			return err
		}
		row, err := endpoint(tx, id)
		e = row.endpoint()
		return err
	})
	return e, err
}

func setActive(tx *gorm.DB, id string, active bool, because string, now time.Time) error {
	done := tx.Exec("UPDATE webhook_endpoints SET active = ?, off_because = ?, failing_since = 0 WHERE id = ? AND active <> ?", active, because, id, active)
	if done.Error != nil || done.RowsAffected == 0 || active {
		return done.Error
	}
	return tx.Exec("UPDATE webhook_deliveries SET status = 'failed', ended_at = ?, problem = ? WHERE endpoint_id = ? AND status = 'waiting'",
		now.UnixMicro(), "The endpoint was switched off. "+because, id).Error
}

// Remove deletes an endpoint and its deliveries.
func (s *Store) Remove(ctx context.Context, id string) error {
	return s.write(ctx, "remove endpoint "+id, func(tx *gorm.DB) error {
		if err := tx.Exec("DELETE FROM webhook_endpoints WHERE id = ?", id).Error; err != nil {
			return err
		}
		return tx.Exec("DELETE FROM webhook_deliveries WHERE endpoint_id = ?", id).Error
	})
}

// Rotate replaces the secret of an endpoint, once per key; the one before it is used
// until a time. Errors: ErrNoEndpoint, ErrKeyReused.
func (s *Store) Rotate(ctx context.Context, id, key, secret string, until, now time.Time) (e webhook.Endpoint, err error) {
	err = s.write(ctx, "replace the secret of endpoint "+id, func(tx *gorm.DB) error {
		_, first, err := once(tx, "rotate", key, id, "", now)
		if err != nil {
			return err
		}
		if first {
			err := tx.Exec(`UPDATE webhook_endpoints SET old_secret = secret, old_until = ?, secret = ?, secret_key = ? WHERE id = ?`,
				until.UnixMicro(), secret, "rotate "+key, id).Error
			if err != nil {
				return err
			}
		}
		row, err := endpoint(tx, id)
		if err == nil && row.SecretKey != "rotate "+key {
			err = ErrKeyReused
		}
		e = row.endpoint()
		return err
	})
	return e, err
}
