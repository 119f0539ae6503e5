package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"galleria/modules/orders/internal/order"
)

// A customer who deletes the account is forgotten in the orders, too: those stay as the
// shop's books, with what was bought, what it cost and the country and region that its
// taxes follow from, but without who bought it, and without all that was typed about it:
// any such text may name the person. One that is not finished needs the person until it is.

// mostForgotten bounds what one transaction changes.
const mostForgotten = 500

// ForgetPerson has the orders that were placed before then from an address lose who
// bought: those that are finished now, the others when they are.
func ForgetPerson(tx *gorm.DB, email string, before time.Time) error {
	mailbox := order.Mailbox(email)
	if mailbox == "" {
		return nil
	}
	err := tx.Exec(`INSERT INTO persons_gone (mailbox, placed_before) VALUES (?, ?)
		ON CONFLICT (mailbox) DO UPDATE SET placed_before = excluded.placed_before`, mailbox, before.UnixMicro()).Error
	if err != nil {
		return err
	}
	_, err = forgetPerson(tx, mailbox, before.UnixMicro())
	return err
}

// ForgetPersons takes who bought out of orders that are finished and whose customers have
// deleted their accounts, and says of how many: of those that an operator has attended to
// at last, for example.
func (s *Store) ForgetPersons(ctx context.Context) (orders int, err error) {
	var gone []struct {
		Mailbox      string
		PlacedBefore int64
	}
	if err := s.db.Read(ctx).Raw("SELECT mailbox, placed_before FROM persons_gone ORDER BY mailbox").Scan(&gone).Error; err != nil {
		return 0, fmt.Errorf("read which customers are gone: %w", err)
	}
	for _, g := range gone {
		n := 0
		err := s.db.Write(ctx, func(tx *gorm.DB) (err error) {
			n, err = forgetPerson(tx, g.Mailbox, g.PlacedBefore)
			return err
		})
		if err != nil {
			return orders, fmt.Errorf("forget a customer who is gone: %w", err)
		}
		orders += n
	}
	return orders, nil
}

// forgetIfGone is for an order that has just been finished, or was changed after that: of
// one that has forgotten its customer, what was typed since is forgotten, too.
func forgetIfGone(tx *gorm.DB, s order.Snapshot) error {
	if s.Forgotten() {
		return forgetTexts(tx, []string{s.ID})
	}
	mailbox := s.Contact.Mailbox()
	var before []int64
	err := tx.Raw("SELECT placed_before FROM persons_gone WHERE mailbox = ?", mailbox).Scan(&before).Error
	if err != nil || len(before) == 0 {
		return err
	}
	_, err = forgetPerson(tx, mailbox, before[0])
	return err
}

func forgetPerson(tx *gorm.DB, mailbox string, before int64) (orders int, err error) {
	var ids []string
	err = tx.Raw(`SELECT id FROM orders WHERE mailbox = ? AND created_at < ? AND status IN ('closed', 'failed', 'cancelled')
		AND due_at IS NULL AND attention = '' ORDER BY id LIMIT ?`, mailbox, before, mostForgotten).Scan(&ids).Error
	if err != nil {
		return 0, err
	}
	if len(ids) > 0 {
		err := tx.Exec(`UPDATE orders SET mailbox = ?, email = '', name = '', line1 = '', line2 = '', city = '', postal_code = '', client = '', recipient = '',
			return_url = '', card_brand = '', card_last4 = '' WHERE id IN ?`, noMailbox, ids).Error
		if err != nil {
			return 0, err
		}
		if err := forgetTexts(tx, ids); err != nil {
			return 0, err
		}
		if err := tx.Exec("DELETE FROM order_notes WHERE order_id IN ?", ids).Error; err != nil {
			return 0, err
		}
	}
	return len(ids), tx.Exec(`DELETE FROM persons_gone WHERE mailbox = ? AND placed_before = ?
		AND NOT EXISTS (SELECT 1 FROM orders WHERE mailbox = ? AND created_at < ?)`, mailbox, before, mailbox, before).Error
}

// forgetTexts empties what was typed into orders, by the staff or the customer. Of the
// timeline the moments stay, and what they were: its sentences repeat what was typed.
func forgetTexts(tx *gorm.DB, ids []string) error {
	var orders []struct{ ID, Timeline string }
	if err := tx.Raw("SELECT id, timeline FROM orders WHERE id IN ?", ids).Scan(&orders).Error; err != nil {
		return err
	}
	for _, o := range orders {
		entries, err := decode[[]entry](o.ID, o.Timeline)
		if err != nil {
			return err
		}
		for i := range entries {
			entries[i].Note = ""
		}
		timeline, err := encode(o.ID, entries)
		if err != nil {
			return err
		}
		err = tx.Exec("UPDATE orders SET timeline = ?, ended_note = '', version = version + 1 WHERE id = ?", timeline, o.ID).Error
		if err != nil {
			return err
		}
	}
	for _, empty := range []string{
		"UPDATE order_fulfilments SET carrier = '', tracking = '', tracking_url = '' WHERE order_id IN ?",
		"UPDATE order_refunds SET reason = '' WHERE order_id IN ?",
		"UPDATE order_returns SET reason = '' WHERE order_id IN ?",
	} {
		if err := tx.Exec(empty, ids).Error; err != nil {
			return err
		}
	}
	return nil
}
