package events

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"galleria/platform/lifecycle"
)

// inboxAge is how long the inbox remembers an event: for as long as the stream
// can deliver it again, and a margin for events that were published late.
const inboxAge = MaxAge + 7*24*time.Hour

// insertInbox records that the event is handled; false means that it was before.
func (s *Subscriber) insertInbox(tx *gorm.DB, id string) (fresh bool, err error) {
	r := tx.Exec("INSERT INTO inbox (event_id, subscriber, received_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
		id, s.name, s.now().UnixMicro())
	if r.Error != nil {
		return false, fmt.Errorf("record the event in the inbox: %w", r.Error)
	}
	return r.RowsAffected == 1, nil
}

// insertInboxes records that the arrivals are handled, but for those behind one of
// heads. It returns the ids that were not recorded before.
func (s *Subscriber) insertInboxes(tx *gorm.DB, arrived []arrival, heads map[string]string) (fresh map[string]bool, err error) {
	now := s.now().UnixMicro()
	var rows []string
	var values []any
	for _, a := range arrived {
		if _, behind := heads[a.line()]; !behind {
			rows = append(rows, "(?, ?, ?)")
			values = append(values, a.meta.ID, s.name, now)
		}
	}
	if len(rows) == 0 {
		return nil, nil
	}
	var ids []string
	err = tx.Raw("INSERT INTO inbox (event_id, subscriber, received_at) VALUES "+strings.Join(rows, ", ")+" ON CONFLICT DO NOTHING RETURNING event_id", values...).Scan(&ids).Error
	if err != nil {
		return nil, fmt.Errorf("record events in the inbox: %w", err)
	}
	fresh = make(map[string]bool, len(ids))
	for _, id := range ids {
		fresh[id] = true
	}
	return fresh, nil
}

func (s *Subscriber) inInbox(tx *gorm.DB, id string) (bool, error) {
	var n int64
	err := tx.Raw("SELECT COUNT(*) FROM inbox WHERE event_id = ? AND subscriber = ?", id, s.name).Scan(&n).Error
	if err != nil {
		return false, fmt.Errorf("look the event up in the inbox: %w", err)
	}
	return n > 0, nil
}

// keepInboxTrimmed forgets, now and then, events that can't come again.
func (s *Subscriber) keepInboxTrimmed(ctx context.Context) {
	for {
		for {
			n, err := s.trimInbox(ctx)
			if err != nil && ctx.Err() == nil {
				s.log.Warn("trimming the inbox failed", "error", err)
			}
			// Small bites with pauses leave the writer to those who wait for it.
			if err != nil || n < int64(s.trimBatch) || lifecycle.Pause(ctx, 20*time.Millisecond) != nil {
				break
			}
		}
		if lifecycle.Pause(ctx, s.trimEvery) != nil {
			return
		}
	}
}

// trimInbox removes at most one batch and returns how many rows that were.
func (s *Subscriber) trimInbox(ctx context.Context) (removed int64, err error) {
	before := s.now().Add(-inboxAge).UnixMicro()
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		r := tx.Exec(`DELETE FROM inbox WHERE subscriber = ? AND event_id IN
			(SELECT event_id FROM inbox WHERE subscriber = ? AND received_at < ? LIMIT ?)`, s.name, s.name, before, s.trimBatch)
		removed = r.RowsAffected
		return r.Error
	})
	return removed, err
}
