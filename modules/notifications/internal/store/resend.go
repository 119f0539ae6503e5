package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"galleria/modules/notifications/internal/mail"
	"galleria/platform/database"
)

// Why a mail is not sent again.
var (
	ErrNoMail     = errors.New("no such mail")
	ErrNotRefused = errors.New("the mail was not refused")
	ErrKeyReused  = errors.New("the key was used for another mail")
)

// Resend queues a refused mail again, once per key, and answers the mail as it is.
func (s *Store) Resend(ctx context.Context, id, key string, now time.Time) (mail.Mail, error) {
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		first := tx.Exec("INSERT INTO resends (idempotency_key, mail_id, created_at) VALUES (?, ?, ?) ON CONFLICT (idempotency_key) DO NOTHING",
			key, id, now.UnixMicro())
		if first.Error != nil {
			return first.Error
		}
		if first.RowsAffected == 0 {
			var before string
			if err := tx.Raw("SELECT mail_id FROM resends WHERE idempotency_key = ?", key).Scan(&before).Error; err != nil {
				return err
			}
			if before != id {
				return ErrKeyReused
			}
			return nil
		}
		database.Announce(tx, queuedWork)
		queued := tx.Exec("UPDATE mails SET status = 'queued', problem = '', due_at = ?, let_out_at = 0 WHERE id = ? AND status = 'refused'",
			now.UnixMicro(), id)
		if queued.Error != nil || queued.RowsAffected == 1 {
			return queued.Error
		}
		var there int64
		if err := tx.Raw("SELECT count(*) FROM mails WHERE id = ?", id).Scan(&there).Error; err != nil {
			return err
		}
		if there == 0 {
			return ErrNoMail
		}
		return ErrNotRefused
	})
	if err != nil {
		return mail.Mail{}, fmt.Errorf("send mail %s again: %w", id, err)
	}
	m, found, err := s.Get(ctx, id)
	if err == nil && !found {
		err = fmt.Errorf("send mail %s again: %w", id, ErrNoMail)
	}
	return m, err
}
