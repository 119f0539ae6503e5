package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"galleria/modules/payments/internal/payment"
)

// Refund reads a refund by its order and key; false when there is none.
func (s *Store) Refund(ctx context.Context, orderID, key string) (r payment.Refund, found bool, err error) {
	row := s.db.Read(ctx).Raw(`SELECT order_id, idempotency_key, amount_minor, status, created_at FROM refunds
		WHERE order_id = ? AND idempotency_key = ?`, orderID, key).Row()
	r, err = scanRefund(row)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return r, false, nil
	case err != nil:
		return r, false, fmt.Errorf("read refund of order %s: %w", orderID, err)
	}
	return r, true, nil
}

func scanRefund(row interface{ Scan(...any) error }) (r payment.Refund, err error) {
	var created int64
	err = row.Scan(&r.OrderID, &r.Key, &r.Amount, &r.Status, &created)
	r.Created = time.UnixMicro(created).UTC()
	return r, err
}

// OpenRefund stores a refund about to be asked for with the payment its amount
// was set aside in; both or, with ErrStale, neither. A key that is known is
// stale too: loading again finds it.
func (s *Store) OpenRefund(ctx context.Context, p payment.Payment, r payment.Refund, now, due time.Time) (payment.Payment, error) {
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		first := tx.Exec(`INSERT INTO refunds (order_id, idempotency_key, amount_minor, status, created_at, due_at)
			VALUES (?, ?, ?, 'open', ?, ?) ON CONFLICT DO NOTHING`, r.OrderID, r.Key, r.Amount, now.UnixMicro(), due.UnixMicro())
		if first.Error != nil {
			return first.Error
		}
		if first.RowsAffected == 0 {
			return ErrStale
		}
		return save(tx, p, now, due)
	})
	return saved(p, err)
}

// CloseRefund stores the answer to an open refund with the payment it changed;
// both or, with ErrStale, neither.
func (s *Store) CloseRefund(ctx context.Context, p payment.Payment, r payment.Refund, now time.Time) (payment.Payment, error) {
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		closed := tx.Exec(`UPDATE refunds SET status = ?, due_at = 0 WHERE order_id = ? AND idempotency_key = ? AND status = 'open'`,
			string(r.Status), r.OrderID, r.Key)
		if closed.Error != nil {
			return closed.Error
		}
		if closed.RowsAffected == 0 {
			return ErrStale
		}
		return save(tx, p, now, now)
	})
	return saved(p, err)
}
