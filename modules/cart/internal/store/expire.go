package store

import (
	"context"
	"fmt"

	"gorm.io/gorm"
)

// expireBatch is how many rows one transaction deletes, so that nobody waits
// long behind it.
const expireBatch = 500

// Each statement looks at the time again outside of its list, for a cart may
// be used between the two on PostgreSQL.
var expiries = []string{
	"DELETE FROM carts WHERE expires_at <= ? AND id IN (SELECT id FROM carts WHERE expires_at <= ? LIMIT ?)",
	`DELETE FROM cart_additions WHERE expires_at <= ? AND (cart_id, idempotency_key) IN
		(SELECT cart_id, idempotency_key FROM cart_additions WHERE expires_at <= ? LIMIT ?)`,
	`DELETE FROM cart_merges WHERE expires_at <= ? AND (into_id, idempotency_key) IN
		(SELECT into_id, idempotency_key FROM cart_merges WHERE expires_at <= ? LIMIT ?)`,
	"DELETE FROM taken_orders WHERE expires_at <= ? AND order_id IN (SELECT order_id FROM taken_orders WHERE expires_at <= ? LIMIT ?)",
}

// Expire deletes what is past its time, in batches, and counts the rows,
// lines of carts not among them.
func (s *Store) Expire(ctx context.Context) (deleted int64, err error) {
	now := s.now().UnixMicro()
	for _, statement := range expiries {
		for batch := int64(expireBatch); batch == expireBatch; deleted += batch {
			err := s.db.Write(ctx, func(tx *gorm.DB) error {
				done := tx.Exec(statement, now, now, expireBatch)
				batch = done.RowsAffected
				return done.Error
			})
			if err != nil {
				return deleted, fmt.Errorf("delete expired carts: %w", err)
			}
		}
	}
	return deleted, nil
}
