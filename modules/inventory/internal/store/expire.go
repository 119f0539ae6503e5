package store

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"gorm.io/gorm"
)

// Expire gives back the goods of up to most holds that have ended, the most overdue
// first, and tells how many.
func (s *Store) Expire(ctx context.Context, now time.Time, most int) (expired int, err error) {
	var due []string
	err = s.db.Read(ctx).Raw(`SELECT order_id FROM holds WHERE state = 'open' AND ends_at > 0 AND ends_at <= ?
		ORDER BY ends_at LIMIT ?`, now.UnixMicro(), most).Scan(&due).Error
	if err != nil || len(due) == 0 {
		return 0, err
	}
	err = s.write(ctx, "expire holds", func(tx *gorm.DB) error {
		var ended []string
		err := tx.Raw(`UPDATE holds SET state = 'expired', closed_at = ?
			WHERE order_id IN ? AND state = 'open' AND ends_at > 0 AND ends_at <= ? RETURNING order_id`,
			now.UnixMicro(), due, now.UnixMicro()).Scan(&ended).Error
		if expired = len(ended); err != nil || expired == 0 {
			return err
		}
		var back []portion
		sums := tx.Raw("SELECT sku, location, CAST(SUM("+open+`) AS BIGINT) FROM allocations
			WHERE order_id IN ? AND quantity > shipped + released + expired
			GROUP BY sku, location`, ended)
		err = each(sums, func(rows *sql.Rows) error {
			var p portion
			err := rows.Scan(&p.sku, &p.location, &p.n)
			back = append(back, p)
			return err
		})
		if err != nil {
			return err
		}
		slices.SortFunc(back, comparePortions)
		if err := tx.Exec("UPDATE allocations SET expired = quantity - shipped - released WHERE order_id IN ?", ended).Error; err != nil {
			return err
		}
		return changeLevels(tx, back, 0, -1)
	})
	return expired, err
}

// Forget removes up to most rows of each kind that are older than before: holds
// that are closed, with their allocations, and idempotency keys. It tells how many
// of the kind with the most.
func (s *Store) Forget(ctx context.Context, before time.Time, most int) (removed int, err error) {
	var closed []string
	err = s.db.Read(ctx).Raw("SELECT order_id FROM holds WHERE closed_at > 0 AND closed_at < ? ORDER BY closed_at LIMIT ?", before.UnixMicro(), most).Scan(&closed).Error
	if err != nil {
		return 0, err
	}
	var keys int64
	if err := s.db.Read(ctx).Raw("SELECT COUNT(*) FROM (SELECT 1 FROM stock_requests WHERE at < ? LIMIT ?) old", before.UnixMicro(), most).Row().Scan(&keys); err != nil {
		return 0, err
	}
	if len(closed) == 0 && keys == 0 {
		return 0, nil
	}
	err = s.write(ctx, "forget what is long over", func(tx *gorm.DB) error {
		gone := tx.Exec(`DELETE FROM stock_requests WHERE (method, idempotency_key) IN (
			SELECT method, idempotency_key FROM stock_requests WHERE at < ? ORDER BY at LIMIT ?)`, before.UnixMicro(), most)
		if gone.Error != nil || len(closed) == 0 {
			return gone.Error
		}
		var ended []string
		err := tx.Raw("DELETE FROM holds WHERE order_id IN ? AND closed_at > 0 AND closed_at < ? RETURNING order_id", closed, before.UnixMicro()).Scan(&ended).Error
		if err != nil || len(ended) == 0 {
			return err
		}
		return tx.Exec("DELETE FROM allocations WHERE order_id IN ?", ended).Error
	})
	return max(len(closed), int(keys)), err
}
