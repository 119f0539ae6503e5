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

// Why a mail is not sent again, beside what it says itself.
var (
	ErrNoMail    = errors.New("no such mail")
	ErrKeyReused = errors.New("the key was used for another mail")
)

// Resend queues a mail again that was refused or sent, once per key, and answers the mail
// as it is. It fails with what mail.Resendable says.
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
		return requeue(tx, id, now)
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

func requeue(tx *gorm.DB, id string, now time.Time) error {
	m, found, err := get(tx, id)
	if err != nil {
		return err
	}
	if !found {
		return ErrNoMail
	}
	if err := m.Resendable(now); err != nil {
		return err
	}
	database.Announce(tx, queuedWork)
	queued := tx.Exec(`UPDATE mails SET status = 'queued', problem = '', due_at = ?, let_out_at = 0, resends = resends + 1, resent_at = ?
		WHERE id = ? AND status = ? AND resends = ?`, now.UnixMicro(), now.UnixMicro(), id, string(m.Status), m.Resends)
	if queued.Error == nil && queued.RowsAffected == 0 {
		return mail.ErrWaits // another call queued it after it was read
	}
	return queued.Error
}
