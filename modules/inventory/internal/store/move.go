package store

import (
	"fmt"

	"gorm.io/gorm"

	"galleria/modules/inventory/internal/stock"
)

// move is goods going from one column of the books to another, on condition
// that they are there.
type move struct{ from, to string }

var (
	reserve   = move{"on_hand", "reserved"}
	commit    = move{"reserved", "sold"}
	unreserve = move{"reserved", "on_hand"}
	restock   = move{"sold", "on_hand"}
	sell      = move{"on_hand", "sold"}
)

// apply moves all lines, or returns stock.Short for the first that is not
// there; the caller then rolls back.
func (m move) apply(tx *gorm.DB, lines stock.Lines) error {
	update := fmt.Sprintf("UPDATE stock SET %[1]s = %[1]s - ?, %[2]s = %[2]s + ? WHERE sku = ? AND %[1]s >= ?", m.from, m.to)
	for _, l := range lines {
		moved := tx.Exec(update, l.Quantity, l.Quantity, l.SKU, l.Quantity)
		if moved.Error != nil {
			return moved.Error
		}
		if moved.RowsAffected == 0 {
			return m.short(tx, l)
		}
	}
	return nil
}

func (m move) short(tx *gorm.DB, l stock.Line) error {
	var there int64
	if err := tx.Raw(fmt.Sprintf("SELECT COALESCE(MAX(%s), 0) FROM stock WHERE sku = ?", m.from), l.SKU).Row().Scan(&there); err != nil {
		return err
	}
	if m.from != "on_hand" {
		return fmt.Errorf("the books of %s have %d %s, not the %d an order holds", l.SKU, there, m.from, l.Quantity)
	}
	return stock.Short{SKU: l.SKU, Available: there}
}
