package store

import (
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"
	"gorm.io/gorm"

	inventoryv1 "galleria/modules/inventory/v1"
	"galleria/platform/events"
)

// fall is what a transaction takes of what is available of a sku.
type fall struct {
	// by is how many pieces fewer are available after it.
	by int64
	// left is how many are available after it, at least: those of the locations that
	// it knows of.
	left int64
}

// falls of a transaction, by sku.
type falls map[string]fall

// add notes that a level of a sku fell, and what is available there now.
func (f falls) add(sku string, by, left int64) {
	f[sku] = fall{f[sku].by + by, f[sku].left + left}
}

// tellLow publishes StockLow for each sku that has fallen to the level to warn at, in
// the transaction in which it fell; it comes last there. Whether a sku was above the
// level before follows from what it fell by, so nothing has to be remembered.
//
// Most changes leave more than that at the default location, and cost no statement.
func (s *Store) tellLow(tx *gorm.DB, fell falls, now time.Time) error {
	maps.DeleteFunc(fell, func(_ string, f fall) bool { return f.by <= 0 || f.left > s.lowAt })
	if len(fell) == 0 {
		return nil
	}
	skus := slices.Sorted(maps.Keys(fell))
	if err := s.lockSums(tx, skus); err != nil {
		return err
	}
	available := map[string]int64{}
	sums := tx.Raw("SELECT sku, CAST(SUM(on_hand - allocated) AS BIGINT) FROM levels WHERE sku IN ? GROUP BY sku", skus)
	err := each(sums, func(rows *sql.Rows) error {
		var sku string
		var sum int64
		err := rows.Scan(&sku, &sum)
		available[sku] = sum
		return err
	})
	if err != nil {
		return fmt.Errorf("read what is available: %w", err)
	}
	for _, sku := range skus {
		after := available[sku]
		if before := after + fell[sku].by; before <= s.lowAt || after > s.lowAt {
			continue
		}
		err := events.Append(tx, now, sku, &inventoryv1.StockLow{Sku: sku, Available: after, LowAt: s.lowAt, At: timestamppb.New(now)})
		if err != nil {
			return err
		}
	}
	return nil
}

// lockSums makes transactions that take of the same skus, at different locations, take
// turns until they end: without it each could miss that the other one's piece is gone.
// On SQLite, a transaction that writes is alone.
func (s *Store) lockSums(tx *gorm.DB, skus []string) error {
	if s.db.Dialect() != "postgres" {
		return nil
	}
	values := make([]any, len(skus))
	for i, sku := range skus {
		values[i] = sku
	}
	err := tx.Exec("SELECT pg_advisory_xact_lock(hashtextextended('inventory/low/' || sku, 0)) FROM (SELECT sku FROM (VALUES "+
		valuesOf("(?)", len(skus))+") AS asked (sku) ORDER BY sku) AS in_turn", values...).Error
	if err != nil {
		return fmt.Errorf("wait for other changes of the same skus: %w", err)
	}
	return nil
}

// LowAt is how many pieces of a sku are few.
func (s *Store) LowAt() int64 { return s.lowAt }
