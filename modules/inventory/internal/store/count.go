package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"galleria/modules/inventory/internal/stock"
)

// SetLevels writes down what was counted, by rising sku and location, each level
// once. Error: stock.BelowAllocated for the first that is less than is allocated.
func (s *Store) SetLevels(ctx context.Context, counts []stock.Count, by stock.Origin) error {
	return s.write(ctx, "set levels", func(tx *gorm.DB) error {
		values := make([]any, 0, 3*len(counts))
		for _, c := range counts {
			values = append(values, c.SKU, c.Location, c.OnHand)
		}
		set := tx.Raw("INSERT INTO levels (sku, location, on_hand, allocated, previous) VALUES "+valuesOf("(?, ?, ?, 0, 0)", len(counts))+`
			ON CONFLICT (sku, location) DO UPDATE SET previous = levels.on_hand, on_hand = excluded.on_hand
				WHERE levels.allocated <= excluded.on_hand
			RETURNING sku, location, on_hand - previous, on_hand - allocated`, values...)
		type place struct{ sku, location string }
		done := make(map[place]int64, len(counts))
		fell := falls{}
		err := each(set, func(rows *sql.Rows) error {
			var p place
			var by, left int64
			err := rows.Scan(&p.sku, &p.location, &by, &left)
			done[p] = by
			fell.add(p.sku, -by, left)
			return err
		})
		if err != nil {
			return err
		}
		var movements []stock.Movement
		for _, c := range counts {
			difference, ok := done[place{c.SKU, c.Location}]
			if !ok {
				return below(tx, c.SKU, c.Location)
			}
			if difference != 0 {
				movements = append(movements, stock.Movement{SKU: c.SKU, Location: c.Location, By: difference, Reason: stock.Counted, Origin: by})
			}
		}
		if err := move(tx, movements); err != nil {
			return err
		}
		return s.tellLow(tx, fell, by.At)
	})
}

// Receive adds a delivery, once per key. Error: stock.ErrKeyReused.
func (s *Store) Receive(ctx context.Context, key, location string, lines stock.Lines, by stock.Origin) (repeated bool, err error) {
	err = s.write(ctx, "receive "+key, func(tx *gorm.DB) error {
		first, err := once(tx, "receive", key, location+" "+encode(lines), by.At)
		if repeated = !first; err != nil || repeated {
			return err
		}
		var values []any
		var movements []stock.Movement
		for _, l := range lines {
			values = append(values, l.SKU, location, l.Quantity)
			movements = append(movements, stock.Movement{SKU: l.SKU, Location: location, By: l.Quantity, Reason: stock.Receive, Note: key, Origin: by})
		}
		err = tx.Exec("INSERT INTO levels (sku, location, on_hand, allocated, previous) VALUES "+valuesOf("(?, ?, ?, 0, 0)", len(lines))+`
			ON CONFLICT (sku, location) DO UPDATE SET on_hand = levels.on_hand + excluded.on_hand`, values...).Error
		if err != nil {
			return err
		}
		return move(tx, movements)
	})
	return repeated, err
}

// Adjust corrects a level, once per key, and returns it. Errors:
// stock.BelowAllocated, stock.ErrKeyReused.
func (s *Store) Adjust(ctx context.Context, key string, a stock.Adjustment, by stock.Origin) (level stock.Level, err error) {
	// The note is no part of what is done.
	content := fmt.Sprintf("%s %s %d %s %s", a.SKU, a.Location, a.By, a.Reason, a.OrderID)
	err = s.write(ctx, "adjust "+a.SKU, func(tx *gorm.DB) error {
		first, err := once(tx, "adjust", key, content, by.At)
		if err != nil {
			return err
		}
		if !first {
			level, err = levelOf(tx, a.SKU, a.Location)
			return err
		}
		if a.By > 0 {
			// What was found may be the first of its sku.
			err := tx.Exec(`INSERT INTO levels (sku, location, on_hand, allocated, previous) VALUES (?, ?, 0, 0, 0)
				ON CONFLICT DO NOTHING`, a.SKU, a.Location).Error
			if err != nil {
				return err
			}
		}
		level = stock.Level{SKU: a.SKU, Location: a.Location}
		err = tx.Raw(`UPDATE levels SET on_hand = on_hand + ? WHERE sku = ? AND location = ? AND on_hand + ? >= allocated
			RETURNING on_hand, allocated`, a.By, a.SKU, a.Location, a.By).Row().Scan(&level.OnHand, &level.Allocated)
		if errors.Is(err, sql.ErrNoRows) {
			return below(tx, a.SKU, a.Location)
		}
		if err != nil {
			return err
		}
		err = move(tx, []stock.Movement{{SKU: a.SKU, Location: a.Location, By: a.By, Reason: a.Reason, OrderID: a.OrderID, Note: a.Note, Origin: by}})
		if err != nil {
			return err
		}
		fell := falls{}
		fell.add(a.SKU, -a.By, level.OnHand-level.Allocated)
		return s.tellLow(tx, fell, by.At)
	})
	return level, err
}

func below(tx *gorm.DB, sku, location string) error {
	level, err := levelOf(tx, sku, location)
	if err != nil {
		return err
	}
	return stock.BelowAllocated{Level: level}
}

// levelOf is a level as it is now; one that is not known is empty.
func levelOf(tx *gorm.DB, sku, location string) (stock.Level, error) {
	l := stock.Level{SKU: sku, Location: location}
	err := tx.Raw("SELECT on_hand, allocated FROM levels WHERE sku = ? AND location = ?", sku, location).Row().Scan(&l.OnHand, &l.Allocated)
	if errors.Is(err, sql.ErrNoRows) {
		return l, nil
	}
	return l, err
}
