package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"gorm.io/gorm"

	"galleria/modules/payments/internal/payment"
)

// Due lists up to most payments with an open step that is due, the longest
// waiting first.
func (s *Store) Due(ctx context.Context, now time.Time, most int) ([]payment.Payment, error) {
	rows, err := s.db.Read(ctx).Raw("SELECT "+columns+` FROM payments WHERE due_at > 0 AND due_at <= ?
		ORDER BY due_at LIMIT ?`, now.UnixMicro(), most).Rows()
	return all(rows, err, func(rows *sql.Rows) (payment.Payment, error) { return scan(rows) })
}

// DueRefunds lists up to most open refunds that are due, the longest waiting
// first.
func (s *Store) DueRefunds(ctx context.Context, now time.Time, most int) ([]payment.Refund, error) {
	rows, err := s.db.Read(ctx).Raw(`SELECT order_id, idempotency_key, amount_minor, status, created_at FROM refunds
		WHERE due_at > 0 AND due_at <= ? ORDER BY due_at LIMIT ?`, now.UnixMicro(), most).Rows()
	return all(rows, err, func(rows *sql.Rows) (payment.Refund, error) { return scanRefund(rows) })
}

func all[T any](rows *sql.Rows, err error, scan func(*sql.Rows) (T, error)) ([]T, error) {
	if err != nil {
		return nil, fmt.Errorf("list what is due: %w", err)
	}
	defer rows.Close()
	var found []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("list what is due: %w", err)
		}
		found = append(found, one)
	}
	return found, rows.Err()
}

// Postpone puts off asking for a payment's open step, unless it was answered
// meanwhile. The wait grows with the time the step is open already.
func (s *Store) Postpone(ctx context.Context, p payment.Payment, now time.Time, least, most time.Duration) error {
	return s.postpone(ctx, `UPDATE payments SET due_at = ? + CASE WHEN ? - changed_at < ? THEN ? WHEN ? - changed_at > ? THEN ? ELSE ? - changed_at END
		WHERE due_at > 0 AND order_id = ? AND version = ?`, now, least, most, p.Terms().OrderID, p.Version())
}

// PostponeRefund is Postpone for an open refund.
func (s *Store) PostponeRefund(ctx context.Context, r payment.Refund, now time.Time, least, most time.Duration) error {
	return s.postpone(ctx, `UPDATE refunds SET due_at = ? + CASE WHEN ? - created_at < ? THEN ? WHEN ? - created_at > ? THEN ? ELSE ? - created_at END
		WHERE due_at > 0 AND order_id = ? AND idempotency_key = ?`, now, least, most, r.OrderID, r.Key)
}

func (s *Store) postpone(ctx context.Context, update string, now time.Time, least, most time.Duration, which ...any) error {
	at, low, high := now.UnixMicro(), least.Microseconds(), most.Microseconds()
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		return tx.Exec(update, append([]any{at, at, low, low, at, high, high, at}, which...)...).Error
	})
	if err != nil {
		return fmt.Errorf("postpone: %w", err)
	}
	return nil
}
