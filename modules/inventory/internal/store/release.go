package store

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"gorm.io/gorm"

	"galleria/modules/inventory/internal/stock"
)

// Release gives back all that is kept for an order, and remembers the order as
// released.
func (s *Store) Release(ctx context.Context, orderID string, now time.Time) error {
	return s.write(ctx, "release order "+orderID, func(tx *gorm.DB) error {
		for {
			ended := tx.Exec("UPDATE holds SET state = 'released', closed_at = ? WHERE order_id = ? AND state <> 'released'", now.UnixMicro(), orderID)
			if ended.Error != nil {
				return ended.Error
			}
			if ended.RowsAffected == 1 {
				return giveBack(tx, orderID)
			}
			// Released before, or not known: then this is what a late allocation finds.
			first := tx.Exec(`INSERT INTO holds (order_id, state, lines, ends_at, created_at, closed_at)
				VALUES (?, 'released', '[]', 0, ?, ?) ON CONFLICT DO NOTHING`, orderID, now.UnixMicro(), now.UnixMicro())
			if first.Error != nil || first.RowsAffected == 1 {
				return first.Error
			}
			var state string
			if err := tx.Raw("SELECT state FROM holds WHERE order_id = ?", orderID).Row().Scan(&state); err != nil || state == "released" {
				return err
			}
			// An allocation came between the two statements: release that.
		}
	})
}

func giveBack(tx *gorm.DB, orderID string) error {
	kept, err := keptFor(tx, orderID)
	if err != nil || len(kept) == 0 {
		return err
	}
	if err := tx.Exec("UPDATE allocations SET released = quantity - shipped - expired WHERE order_id = ?", orderID).Error; err != nil {
		return err
	}
	return changeLevels(tx, kept, 0, -1)
}

// ReleaseLines gives back some of what is kept for an order, once per key. Errors:
// stock.NotAllocated, stock.ErrKeyReused.
func (s *Store) ReleaseLines(ctx context.Context, orderID, key string, lines stock.Lines, now time.Time) error {
	return s.write(ctx, "release lines of order "+orderID, func(tx *gorm.DB) error {
		first, err := once(tx, "release", key, orderID+" "+encode(lines), now)
		if err != nil || !first {
			return err
		}
		back, err := settle(tx, orderID, lines, "released", now)
		if err != nil {
			return err
		}
		return changeLevels(tx, back, 0, -1)
	})
}

// Ship takes goods of an order out of the house, once per key. Errors:
// stock.NotAllocated, stock.ErrKeyReused.
func (s *Store) Ship(ctx context.Context, orderID, key string, lines stock.Lines, by stock.Origin) error {
	return s.write(ctx, "ship order "+orderID, func(tx *gorm.DB) error {
		first, err := once(tx, "ship", key, orderID+" "+encode(lines), by.At)
		if err != nil || !first {
			return err
		}
		gone, err := settle(tx, orderID, lines, "shipped", by.At)
		if err != nil {
			return err
		}
		if err := changeLevels(tx, gone, -1, -1); err != nil {
			return err
		}
		movements := make([]stock.Movement, 0, len(gone))
		for _, p := range gone {
			movements = append(movements, stock.Movement{SKU: p.sku, Location: p.location, By: -p.n, Reason: stock.Ship, OrderID: orderID, Origin: by})
		}
		return move(tx, movements)
	})
}

// settle adds lines to a column of the order's allocations, and returns where the
// goods are.
func settle(tx *gorm.DB, orderID string, lines stock.Lines, column string, now time.Time) ([]portion, error) {
	// The row of the order keeps others from its allocations.
	locked := tx.Exec("UPDATE holds SET closed_at = closed_at WHERE order_id = ?", orderID)
	if locked.Error != nil {
		return nil, locked.Error
	}
	kept, err := keptFor(tx, orderID)
	if err != nil {
		return nil, err
	}
	var settled []portion
	for _, l := range lines {
		var there []portion
		var sum int64
		for _, p := range kept {
			if p.sku == l.SKU {
				there = append(there, p)
				sum += p.n
			}
		}
		if sum < l.Quantity {
			return nil, stock.NotAllocated{OrderID: orderID, SKU: l.SKU, Allocated: sum}
		}
		settled = append(settled, share(there, l.Quantity)...)
	}
	for _, p := range settled {
		err := tx.Exec("UPDATE allocations SET "+column+" = "+column+" + ? WHERE order_id = ? AND sku = ? AND location = ?",
			p.n, orderID, p.sku, p.location).Error
		if err != nil {
			return nil, err
		}
	}
	err = tx.Exec(`UPDATE holds SET closed_at = ? WHERE order_id = ? AND closed_at = 0 AND NOT EXISTS (
		SELECT 1 FROM allocations WHERE order_id = ? AND quantity > shipped + released + expired)`, now.UnixMicro(), orderID, orderID).Error
	return settled, err
}

// keptFor is what is kept for an order, in the order of stock.ComparePlaces.
func keptFor(tx *gorm.DB, orderID string) (kept []portion, err error) {
	query := tx.Raw("SELECT sku, location, "+open+` FROM allocations WHERE order_id = ? AND quantity > shipped + released + expired`, orderID)
	err = each(query, func(rows *sql.Rows) error {
		var p portion
		err := rows.Scan(&p.sku, &p.location, &p.n)
		kept = append(kept, p)
		return err
	})
	slices.SortFunc(kept, comparePortions)
	return kept, err
}
