package events

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"galleria/platform/database"
)

// Discard gives up the dead letters with the given event ids: they are never handled,
// also when they come again. Those behind them stay, for Resend. An unknown id is
// ErrNoSuchLetter, and nothing is done. subscriber is the name of the module that owns db.
func Discard(ctx context.Context, db *database.DB, subscriber string, ids ...string) (int, error) {
	if _, err := chosen(ctx, db, ids); err != nil {
		return 0, fmt.Errorf("events: discard: %w", err)
	}
	var gone int64
	err := db.Write(ctx, func(tx *gorm.DB) error {
		for _, id := range ids {
			if err := tx.Exec("INSERT INTO inbox (event_id, subscriber, received_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
				id, subscriber, time.Now().UnixMicro()).Error; err != nil {
				return err
			}
		}
		r := tx.Exec("DELETE FROM dead_letters WHERE event_id IN ?", ids)
		gone = r.RowsAffected
		return r.Error
	})
	if err != nil {
		return 0, fmt.Errorf("events: discard: %w", err)
	}
	return int(gone), nil
}
