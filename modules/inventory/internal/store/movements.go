package store

import (
	"context"
	"database/sql"
	"fmt"

	"gorm.io/gorm"

	"galleria/modules/inventory/internal/stock"
	"galleria/platform/id"
)

// move writes movements down. The caller changes the levels in the same transaction.
func move(tx *gorm.DB, movements []stock.Movement) error {
	if len(movements) == 0 {
		return nil
	}
	values := make([]any, 0, 9*len(movements))
	for _, m := range movements {
		values = append(values, id.New(), m.SKU, m.Location, m.By, string(m.Reason), m.OrderID, m.Note, m.Actor, m.At.UnixMicro())
	}
	return tx.Exec("INSERT INTO movements (id, sku, location, amount, reason, order_id, note, actor, at) VALUES "+
		valuesOf("(?, ?, ?, ?, ?, ?, ?, ?, ?)", len(movements)), values...).Error
}

// WantedMovements says which movements are read: up to Most, of a sku, with a note, and before the
// one with the id Before. Empty: of all skus, with any note, from the newest on.
type WantedMovements struct {
	SKU, Note, Before string
	Most              int
}

// Movements reads those that are wanted, newest first.
func (s *Store) Movements(ctx context.Context, wanted WantedMovements) ([]stock.Movement, error) {
	where, args := "", []any{}
	for _, narrowed := range []struct{ by, to string }{{"sku = ?", wanted.SKU}, {"note = ?", wanted.Note}, {"id < ?", wanted.Before}} {
		if narrowed.to != "" {
			where, args = where+" AND "+narrowed.by, append(args, narrowed.to)
		}
	}
	var found []stock.Movement
	query := s.db.Read(ctx).Raw(`SELECT id, sku, location, amount, reason, order_id, note, actor, at FROM movements
		WHERE 1 = 1`+where+" ORDER BY id DESC LIMIT ?", append(args, wanted.Most)...)
	err := each(query, func(rows *sql.Rows) error {
		var m stock.Movement
		var at int64
		err := rows.Scan(&m.ID, &m.SKU, &m.Location, &m.By, &m.Reason, &m.OrderID, &m.Note, &m.Actor, &at)
		m.At = timeOf(at)
		found = append(found, m)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read movements: %w", err)
	}
	return found, nil
}

// Audit finds up to most levels that are not the sum of their movements, or of what
// is kept for orders.
func (s *Store) Audit(ctx context.Context, most int) ([]stock.Problem, error) {
	var problems []stock.Problem
	// One statement each, so that what moves meanwhile is on both sides or on none.
	for _, compare := range []struct{ what, column, rows string }{
		{"on hand", "on_hand", "SELECT sku, location, 0 AS told, amount AS summed FROM movements"},
		{"allocated", "allocated", "SELECT sku, location, 0 AS told, " + open + " AS summed FROM allocations WHERE quantity > shipped + released + expired"},
	} {
		query := s.db.Read(ctx).Raw(`SELECT sku, location, CAST(SUM(told) AS BIGINT), CAST(SUM(summed) AS BIGINT) FROM (
				SELECT sku, location, `+compare.column+` AS told, 0 AS summed FROM levels UNION ALL `+compare.rows+`
			) both_sides GROUP BY sku, location HAVING SUM(told) <> SUM(summed) ORDER BY sku, location LIMIT ?`, most)
		err := each(query, func(rows *sql.Rows) error {
			p := stock.Problem{What: compare.what}
			err := rows.Scan(&p.SKU, &p.Location, &p.Level, &p.Sum)
			problems = append(problems, p)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("audit what is %s: %w", compare.what, err)
		}
	}
	return problems[:min(len(problems), most)], nil
}
