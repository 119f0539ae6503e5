package store

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"gorm.io/gorm"

	"galleria/modules/orders/internal/order"
)

// noMailbox stands for a text that is no address: of an order that nobody can find by it.
const noMailbox = "-"

// FillMailboxes fills in the mailbox of at most limit orders that an earlier program
// stored, and tells of how many.
func (s *Store) FillMailboxes(ctx context.Context, limit int) (filled int, err error) {
	var rows []struct{ ID, Email string }
	if err := s.db.Read(ctx).Raw("SELECT id, email FROM orders WHERE mailbox = '' ORDER BY id LIMIT ?", limit).Scan(&rows).Error; err != nil {
		return 0, fmt.Errorf("read orders whose mailbox is not known: %w", err)
	}
	if len(rows) == 0 {
		return 0, nil
	}
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		for _, r := range rows {
			mailbox := cmp.Or(order.Mailbox(strings.TrimSpace(r.Email)), noMailbox)
			if err := tx.Exec("UPDATE orders SET mailbox = ? WHERE id = ? AND mailbox = ''", mailbox, r.ID).Error; err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("note the mailboxes of orders: %w", err)
	}
	return len(rows), nil
}
