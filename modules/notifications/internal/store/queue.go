package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"galleria/modules/notifications/internal/mail"
)

// Due is at most limit queued mails whose time has come, oldest first.
func (s *Store) Due(ctx context.Context, now time.Time, limit int) ([]mail.Mail, error) {
	var rows []row
	err := s.db.Read(ctx).Raw("SELECT * FROM mails WHERE status = 'queued' AND due_at <= ? ORDER BY id LIMIT ?",
		now.UnixMicro(), limit).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("look for mails that are due: %w", err)
	}
	return all(rows)
}

// Claim notes, before it is made, an attempt at sending m, with the letter as
// written: whatever happens to this process, nobody tries m again before
// until. False means that somebody else did or does.
func (s *Store) Claim(ctx context.Context, m mail.Mail, until time.Time) (mine bool, err error) {
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		r := tx.Exec(`UPDATE mails SET attempts = attempts + 1, due_at = ?, text_body = ?, html_body = ?, facts = ''
			WHERE id = ? AND status = 'queued' AND attempts = ?`,
			until.UnixMicro(), m.Text, m.HTML, m.ID, m.Attempts)
		mine = r.RowsAffected == 1
		return r.Error
	})
	if err != nil {
		return false, fmt.Errorf("claim mail %s: %w", m.ID, err)
	}
	return mine, nil
}

// Sent notes that the mail server has m.
func (s *Store) Sent(ctx context.Context, m mail.Mail, now time.Time) error {
	return s.settle(ctx, m, "status = 'sent', sent_at = ?, problem = ''", now.UnixMicro())
}

// Refused notes that m will never be taken, why, and since when: due_at says that
// from now on.
func (s *Store) Refused(ctx context.Context, m mail.Mail, problem string, now time.Time) error {
	return s.settle(ctx, m, "status = 'refused', problem = ?, due_at = ?", problem, now.UnixMicro())
}

// Failed notes what m says of an attempt that was claimed and failed.
func (s *Store) Failed(ctx context.Context, m mail.Mail) error {
	return s.settle(ctx, m, "status = ?, problem = ?, due_at = ?", string(m.Status), m.Problem, m.DueAt.UnixMicro())
}

// settle notes what became of m, unless it was queued again meanwhile: the outcome is that
// of the message before.
func (s *Store) settle(ctx context.Context, m mail.Mail, outcome string, values ...any) error {
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		return tx.Exec("UPDATE mails SET "+outcome+" WHERE id = ? AND status = 'queued' AND resends = ?", append(values, m.ID, m.Resends)...).Error
	})
	if err != nil {
		return fmt.Errorf("note what became of mail %s: %w", m.ID, err)
	}
	return nil
}

// Postpone notes what the mails say of an attempt at each that failed and was not claimed;
// their Attempts count it.
func (s *Store) Postpone(ctx context.Context, mails []mail.Mail) error {
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		for _, m := range mails {
			err := tx.Exec(`UPDATE mails SET attempts = ?, status = ?, problem = ?, due_at = ?
				WHERE id = ? AND status = 'queued' AND attempts = ?`,
				m.Attempts, string(m.Status), m.Problem, m.DueAt.UnixMicro(), m.ID, m.Attempts-1).Error
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("postpone %d mails: %w", len(mails), err)
	}
	return nil
}

// Lay puts written mails into the mailbox, all in one commit.
func (s *Store) Lay(ctx context.Context, mails []mail.Mail, now time.Time) error {
	if len(mails) == 0 {
		return nil
	}
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		for _, m := range mails {
			err := tx.Exec(`UPDATE mails SET status = 'sent', attempts = attempts + 1, sent_at = ?, problem = '',
				text_body = ?, html_body = ?, facts = '' WHERE id = ? AND status = 'queued' AND resends = ?`,
				now.UnixMicro(), m.Text, m.HTML, m.ID, m.Resends).Error
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("lay %d mails in the mailbox: %w", len(mails), err)
	}
	return nil
}
