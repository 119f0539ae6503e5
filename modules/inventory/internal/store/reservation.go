package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"galleria/modules/inventory/internal/stock"
)

// Reserve takes the goods of r off the shelf and keeps r, or returns
// stock.Short. When the order is known already, nothing changes and what is
// known is returned.
//
// The row is written before the stock: of two calls for one order the second
// waits there, and then finds the first one's row.
func (s *Store) Reserve(ctx context.Context, r stock.Reservation, now time.Time) (stock.Reservation, error) {
	text := encode(r.Lines)
	kept := r
	err := s.write(ctx, "reserve for order "+r.OrderID, func(tx *gorm.DB) error {
		kept = r
		first := tx.Exec(`INSERT INTO reservations (order_id, status, previous, lines, expires_at, created_at)
			VALUES (?, ?, '', ?, ?, ?) ON CONFLICT DO NOTHING`,
			r.OrderID, string(stock.Held), text, r.ExpiresAt.UnixMicro(), now.UnixMicro())
		if first.Error != nil {
			return first.Error
		}
		if first.RowsAffected == 0 {
			var err error
			kept, err = reservation(tx, r.OrderID)
			return err
		}
		return reserve.apply(tx, r.Lines)
	})
	return kept, err
}

// Commit turns what the order holds into a sale, and returns the reservation
// as it is then: one that could not be committed as it was. ErrNone: the order
// is not known. stock.Short: it had expired and the shelf is empty.
func (s *Store) Commit(ctx context.Context, orderID string) (after stock.Reservation, err error) {
	err = s.write(ctx, "commit order "+orderID, func(tx *gorm.DB) error {
		previous, lines, err := change(tx, `UPDATE reservations SET previous = status, status = 'committed'
			WHERE order_id = ? AND status IN ('held', 'expired') RETURNING previous, lines`, orderID)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			after, err = reservation(tx, orderID)
			return err
		case err != nil:
			return err
		}
		after = stock.Reservation{OrderID: orderID, Status: stock.Committed, Lines: lines}
		if previous == stock.Held {
			return commit.apply(tx, lines)
		}
		return sell.apply(tx, lines)
	})
	return after, err
}

// Release puts back on the shelf what the order holds, and remembers it as
// released.
func (s *Store) Release(ctx context.Context, orderID string, now time.Time) error {
	return s.write(ctx, "release order "+orderID, func(tx *gorm.DB) error {
		for {
			previous, lines, err := change(tx, `UPDATE reservations SET previous = status, status = 'released'
				WHERE order_id = ? AND status <> 'released' RETURNING previous, lines`, orderID)
			switch {
			case errors.Is(err, sql.ErrNoRows):
			case err != nil:
				return err
			case previous == stock.Held:
				return unreserve.apply(tx, lines)
			case previous == stock.Committed:
				return restock.apply(tx, lines)
			default: // expired: the goods are back already
				return nil
			}
			// Released before, or not known: then this is what a late reserve finds.
			first := tx.Exec(`INSERT INTO reservations (order_id, status, previous, lines, expires_at, created_at)
				VALUES (?, 'released', '', '[]', 0, ?) ON CONFLICT DO NOTHING`, orderID, now.UnixMicro())
			if first.Error != nil || first.RowsAffected == 1 {
				return first.Error
			}
			known, err := reservation(tx, orderID)
			if err != nil || known.Status == stock.Released {
				return err
			}
			// A reserve came between the two statements: release that.
		}
	})
}

// Expire puts up to most overdue reservations back on the shelf, the most
// overdue first, and tells how many.
func (s *Store) Expire(ctx context.Context, now time.Time, most int) (expired int, err error) {
	var due []string
	err = s.db.Read(ctx).Raw(`SELECT order_id FROM reservations WHERE status = 'held' AND expires_at <= ?
		ORDER BY expires_at LIMIT ?`, now.UnixMicro(), most).Scan(&due).Error
	if err != nil || len(due) == 0 {
		return 0, err
	}
	err = s.write(ctx, "expire reservations", func(tx *gorm.DB) error {
		expired = 0
		rows, err := tx.Raw(`UPDATE reservations SET previous = status, status = 'expired'
			WHERE order_id IN ? AND status = 'held' AND expires_at <= ? RETURNING lines`, due, now.UnixMicro()).Rows()
		if err != nil {
			return err
		}
		back, err := allLines(rows, &expired)
		if err != nil {
			return err
		}
		return unreserve.apply(tx, stock.Sum(back))
	})
	return expired, err
}

func allLines(rows *sql.Rows, count *int) ([]stock.Line, error) {
	defer rows.Close()
	var all []stock.Line
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		lines, err := decode(text)
		if err != nil {
			return nil, err
		}
		all = append(all, lines...)
		*count++
	}
	return all, rows.Err()
}

// ErrNone is returned for an order that is not known.
var ErrNone = errors.New("no reservation")

// change runs a conditional update that returns what the row was.
func change(tx *gorm.DB, update, orderID string) (previous stock.Status, lines stock.Lines, err error) {
	var text string
	if err := tx.Raw(update, orderID).Row().Scan(&previous, &text); err != nil {
		return "", nil, err
	}
	lines, err = decode(text)
	return previous, lines, err
}

func reservation(tx *gorm.DB, orderID string) (stock.Reservation, error) {
	r := stock.Reservation{OrderID: orderID}
	var text string
	var expires int64
	err := tx.Raw("SELECT status, lines, expires_at FROM reservations WHERE order_id = ?", orderID).Row().Scan(&r.Status, &text, &expires)
	if errors.Is(err, sql.ErrNoRows) {
		return r, ErrNone
	}
	if err != nil {
		return r, fmt.Errorf("read reservation: %w", err)
	}
	r.ExpiresAt = time.UnixMicro(expires).UTC()
	r.Lines, err = decode(text)
	return r, err
}
