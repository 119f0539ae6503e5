package store

import (
	"context"
	"database/sql"
	"fmt"

	"galleria/modules/inventory/internal/stock"
)

// LevelFilter says which levels List reads.
type LevelFilter struct {
	// Part of a sku; "": of all.
	Part string
	// AtMost can be sold; nil: any number.
	AtMost *int64
	// After is the level before the page, by available, sku and location; nil: from the
	// first on.
	After *stock.Level
}

// List reads levels, those with the fewest that can be sold first. It looks at all of
// them: an index by what can be sold would be written to by every purchase.
func (s *Store) List(ctx context.Context, f LevelFilter, most int) ([]stock.Level, error) {
	where, args := "", []any{}
	if f.Part != "" {
		condition, value := s.db.Containing("sku", f.Part)
		where, args = " AND "+condition, append(args, value)
	}
	if f.AtMost != nil {
		where, args = where+" AND on_hand - allocated <= ?", append(args, *f.AtMost)
	}
	if a := f.After; a != nil {
		where, args = where+" AND (on_hand - allocated, sku, location) > (?, ?, ?)", append(args, a.OnHand-a.Allocated, a.SKU, a.Location)
	}
	var found []stock.Level
	query := s.db.Read(ctx).Raw("SELECT sku, location, on_hand, allocated FROM levels WHERE 1 = 1"+where+
		" ORDER BY on_hand - allocated, sku, location LIMIT ?", append(args, most)...)
	err := each(query, func(rows *sql.Rows) error {
		var l stock.Level
		if err := rows.Scan(&l.SKU, &l.Location, &l.OnHand, &l.Allocated); err != nil {
			return err
		}
		found = append(found, l)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list levels: %w", err)
	}
	return found, nil
}
