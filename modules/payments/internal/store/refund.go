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

// OpenRefund stores a refund about to be asked for, with its amount set aside
// in the payment; both or, with an error, neither. opened is false when the key
// is known: then nothing changed.
func (s *Store) OpenRefund(ctx context.Context, p payment.Payment, r payment.Refund, now, due time.Time) (after payment.Payment, opened bool, err error) {
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		first := tx.Exec(`INSERT INTO refunds (order_id, idempotency_key, amount_minor, status, created_at, due_at)
			VALUES (?, ?, ?, 'open', ?, ?) ON CONFLICT DO NOTHING`, r.OrderID, r.Key, r.Amount, now.UnixMicro(), due.UnixMicro())
		if opened = first.RowsAffected == 1; first.Error != nil || !opened {
			return first.Error
		}
		var err error
		after, err = change(tx, p, now, due, func(p *payment.Payment) error { return p.AskRefund(r.Amount) })
		return err
	})
	return after, opened, err
}

// CloseRefund stores the answer to a refund and what it changes in the
// payment, unless the answer is known already.
func (s *Store) CloseRefund(ctx context.Context, p payment.Payment, r payment.Refund, now time.Time) (payment.Payment, error) {
	step := (*payment.Payment).RefundDone
	if r.Status == payment.RefundRefused {
		step = (*payment.Payment).RefundRefused
	}
	after := p
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		closed := tx.Exec(`UPDATE refunds SET status = ?, due_at = 0 WHERE order_id = ? AND idempotency_key = ? AND status = 'open'`,
			string(r.Status), r.OrderID, r.Key)
		if closed.Error != nil {
			return closed.Error
		}
		var err error
		if closed.RowsAffected == 0 {
			after, err = load(tx, r.OrderID)
			return err
		}
		after, err = change(tx, p, now, now, func(p *payment.Payment) error { return step(p, r.Amount) })
		return err
	})
	return after, err
}
