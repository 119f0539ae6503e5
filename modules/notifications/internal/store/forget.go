package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"galleria/modules/notifications/internal/mail"
)

// ForgetPerson deletes what was sent to the address of a mail, or was refused. What is
// queued still goes.
func ForgetPerson(tx *gorm.DB, m mail.Mail) error {
	return tx.Exec("DELETE FROM mails WHERE recipient = ? AND lower(address) = lower(?) AND status <> 'queued'", m.Recipient, m.Address).Error
}

// Forget deletes up to most mails that were sent or refused before a time, and says how
// many. It never deletes a queued one, also not one that is queued again meanwhile.
//
// With the row goes the unique id of its event, by which Queue knows that the event has
// its mail. It is not needed any more for that: an event that comes again is known to
// the module's inbox, which remembers it for longer than the stream of events can
// deliver it, however long mails are kept (see inboxAge in platform/events).
func (s *Store) Forget(ctx context.Context, before time.Time, most int) (gone int64, err error) {
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		done := tx.Exec(`DELETE FROM mails WHERE status <> 'queued' AND id IN (SELECT id FROM (
			SELECT id FROM mails WHERE status = 'sent' AND sent_at < ? UNION ALL
			SELECT id FROM mails WHERE status = 'refused' AND due_at < ?) AS ended LIMIT ?)`,
			before.UnixMicro(), before.UnixMicro(), most)
		gone = done.RowsAffected
		return done.Error
	})
	if err != nil {
		return 0, fmt.Errorf("delete mails that were sent or refused before %s: %w", before.UTC().Format(time.RFC3339), err)
	}
	return gone, nil
}
