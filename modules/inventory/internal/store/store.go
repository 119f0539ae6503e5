// Package store keeps inventory's books in its database. Every change is one
// transaction that writes first the row of its idempotency key, then that of its
// order, then the levels by rising sku, and last the events, so that changes wait for
// each other and never in a ring.
package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"galleria/modules/inventory/internal/stock"
	"galleria/platform/database"
)

// Store is inventory's database. It is safe for concurrent use.
type Store struct {
	db *database.DB
	// maxUnpaid is the share of what is available of a sku that one allocation
	// with an end may take; 1: all of it.
	maxUnpaid float64
	// lowAt is how many pieces of a sku are so few that StockLow is published.
	lowAt int64
}

// New keeps the books in db.
func New(db *database.DB, maxUnpaid float64, lowAt int64) *Store {
	return &Store{db: db, maxUnpaid: maxUnpaid, lowAt: lowAt}
}

// Pace is for work that looks for what is due: as often as asked while the
// database changes, less often while nothing does.
func (s *Store) Pace(often time.Duration) *database.Pace { return s.db.Pace("", often, often) }

// Levels reads the levels of skus by sku and location; unknown skus are left out. It
// is one statement, for product pages wait for it.
func (s *Store) Levels(ctx context.Context, skus []string) ([]stock.Level, error) {
	if len(skus) == 0 {
		return nil, nil
	}
	levels := make([]stock.Level, 0, len(skus))
	query := s.db.Read(ctx).Raw("SELECT sku, location, on_hand, allocated FROM levels WHERE sku IN ? ORDER BY sku, location", skus)
	err := each(query, func(rows *sql.Rows) error {
		var l stock.Level
		if err := rows.Scan(&l.SKU, &l.Location, &l.OnHand, &l.Allocated); err != nil {
			return err
		}
		levels = append(levels, l)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read levels: %w", err)
	}
	return levels, nil
}

// portion is a number of one sku at one location.
type portion struct {
	sku, location string
	n             int64
}

func comparePortions(a, b portion) int {
	return stock.ComparePlaces(a.sku, a.location, b.sku, b.location)
}

// changeLevels adds to the columns of the levels of the portions, which must be in the
// order of stock.ComparePlaces: the portions' numbers times the two factors. The conditions on the
// table refuse what can't be; that is a mistake in the books, never a customer's.
func changeLevels(tx *gorm.DB, portions []portion, onHand, allocated int64) error {
	for _, p := range portions {
		changed := tx.Exec("UPDATE levels SET on_hand = on_hand + ?, allocated = allocated + ? WHERE sku = ? AND location = ?",
			onHand*p.n, allocated*p.n, p.sku, p.location)
		if changed.Error != nil {
			return fmt.Errorf("change the level of %s at %s: %w", p.sku, p.location, changed.Error)
		}
		if changed.RowsAffected != 1 {
			return fmt.Errorf("there is no level of %s at %s", p.sku, p.location)
		}
	}
	return nil
}

func (s *Store) write(ctx context.Context, operation string, fn func(tx *gorm.DB) error) error {
	if err := s.db.Write(ctx, fn); err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	return nil
}

// each hands the rows of a query to scan, one by one.
func each(query *gorm.DB, scan func(rows *sql.Rows) error) error {
	rows, err := query.Rows()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// valuesOf is n rows of placeholders: "(?, ?), (?, ?)".
func valuesOf(row string, n int) string {
	return strings.TrimSuffix(strings.Repeat(row+", ", n), ", ")
}
