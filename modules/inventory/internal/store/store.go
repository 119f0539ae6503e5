// Package store keeps inventory's books in its database. Every change is one
// transaction in which the reservation's row comes first and then the skus in
// rising order, so that changes wait for each other and never in a ring.
package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"galleria/modules/inventory/internal/stock"
	"galleria/platform/database"
)

// Store is inventory's database. It is safe for concurrent use.
type Store struct{ db *database.DB }

// New keeps the books in db.
func New(db *database.DB) *Store { return &Store{db: db} }

// Pace is for work that looks for what is due: as often as asked while the
// database changes, less often while nothing does.
func (s *Store) Pace(often time.Duration) *database.Pace { return s.db.Pace(often, often) }

// Books reads the books of skus, in no order; unknown skus are left out. It is
// one statement, for product pages wait for it.
func (s *Store) Books(ctx context.Context, skus []string) ([]stock.Books, error) {
	if len(skus) == 0 {
		return nil, nil
	}
	rows, err := s.db.Read(ctx).Raw("SELECT sku, on_hand, reserved, sold, received FROM stock WHERE sku IN ?", skus).Rows()
	if err != nil {
		return nil, fmt.Errorf("read stock: %w", err)
	}
	defer rows.Close()
	books := make([]stock.Books, 0, len(skus))
	for rows.Next() {
		var b stock.Books
		if err := rows.Scan(&b.SKU, &b.OnHand, &b.Reserved, &b.Sold, &b.Received); err != nil {
			return nil, fmt.Errorf("read stock: %w", err)
		}
		books = append(books, b)
	}
	return books, rows.Err()
}

// SetLevels sets what is on the shelves.
func (s *Store) SetLevels(ctx context.Context, levels stock.Lines) error {
	return s.write(ctx, "set stock", func(tx *gorm.DB) error {
		return upsert(tx, levels, `ON CONFLICT (sku) DO UPDATE SET
			on_hand = excluded.on_hand, received = excluded.on_hand + stock.reserved + stock.sold`)
	})
}

// Receive adds a delivery. same is false when its key was used before with
// other lines; then nothing changed.
func (s *Store) Receive(ctx context.Context, key string, lines stock.Lines, now time.Time) (same bool, err error) {
	text := encode(lines)
	err = s.write(ctx, "receive "+key, func(tx *gorm.DB) error {
		first := tx.Exec(`INSERT INTO deliveries (idempotency_key, lines, received_at) VALUES (?, ?, ?)
			ON CONFLICT DO NOTHING`, key, text, now.UnixMicro())
		if first.Error != nil {
			return first.Error
		}
		if first.RowsAffected == 0 {
			var before string
			err := tx.Raw("SELECT lines FROM deliveries WHERE idempotency_key = ?", key).Row().Scan(&before)
			same = before == text
			return err
		}
		same = true
		return upsert(tx, lines, `ON CONFLICT (sku) DO UPDATE SET
			on_hand = stock.on_hand + excluded.on_hand, received = stock.received + excluded.on_hand`)
	})
	return same, err
}

// upsert writes the skus of lines in one statement: as new with that much on
// hand, or by what conflict says.
func upsert(tx *gorm.DB, lines stock.Lines, conflict string) error {
	if len(lines) == 0 {
		return nil
	}
	values := make([]any, 0, 3*len(lines))
	for _, l := range lines {
		values = append(values, l.SKU, l.Quantity, l.Quantity)
	}
	rows := strings.TrimSuffix(strings.Repeat("(?, ?, 0, 0, ?), ", len(lines)), ", ")
	return tx.Exec("INSERT INTO stock (sku, on_hand, reserved, sold, received) VALUES "+rows+" "+conflict, values...).Error
}

func (s *Store) write(ctx context.Context, operation string, fn func(tx *gorm.DB) error) error {
	if err := s.db.Write(ctx, fn); err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	return nil
}
