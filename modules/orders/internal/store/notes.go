package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// Note is what one of the staff wrote about an order.
type Note struct {
	Key, By, Text string
	At            time.Time
}

// Noted is what became of a new note.
type Noted int

// What became of a new note.
const (
	NoteKept    Noted = iota // now, or before
	NoteKeyUsed              // its key is that of another note
	NotesFull                // the order has as many as it may
)

// AddNote keeps a note about an order that there is.
func (s *Store) AddNote(ctx context.Context, orderID string, n Note, most int) (result Noted, err error) {
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		result = NoteKept
		// Of calls at the same moment one goes on when the other is done.
		locked := tx.Exec("UPDATE orders SET version = version WHERE id = ?", orderID)
		if locked.Error != nil {
			return locked.Error
		}
		if locked.RowsAffected == 0 {
			return errors.New("the order is gone")
		}
		var there []string
		if err := tx.Raw("SELECT text FROM order_notes WHERE order_id = ? AND idempotency_key = ?", orderID, n.Key).Scan(&there).Error; err != nil {
			return err
		}
		if len(there) > 0 {
			if there[0] != n.Text {
				result = NoteKeyUsed
			}
			return nil
		}
		var count int
		if err := tx.Raw("SELECT COUNT(*) FROM order_notes WHERE order_id = ?", orderID).Scan(&count).Error; err != nil {
			return err
		}
		if count >= most {
			result = NotesFull
			return nil
		}
		return tx.Exec("INSERT INTO order_notes (order_id, idempotency_key, at, written_by, text) VALUES (?, ?, ?, ?, ?)",
			orderID, n.Key, n.At.UnixMicro(), n.By, n.Text).Error
	})
	if err != nil {
		return 0, fmt.Errorf("note about order %s: %w", orderID, err)
	}
	return result, nil
}

// Notes are those about an order, oldest first.
func (s *Store) Notes(ctx context.Context, orderID string) ([]Note, error) {
	var rows []struct {
		WrittenBy, Text string
		At              int64
	}
	if err := s.db.Read(ctx).Raw("SELECT written_by, text, at FROM order_notes WHERE order_id = ? ORDER BY at, idempotency_key", orderID).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read the notes about order %s: %w", orderID, err)
	}
	var notes []Note
	for _, r := range rows {
		notes = append(notes, Note{By: r.WrittenBy, Text: r.Text, At: at(r.At)})
	}
	return notes, nil
}
