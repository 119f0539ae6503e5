package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"galleria/modules/notifications/internal/mail"
)

// recipientsKept is how long a row of recipients is of use, and recipientsAtOnce how
// many older ones are removed at a time.
const (
	recipientsKept   = 24 * time.Hour
	recipientsAtOnce = 100
)

// LetOut is those of the mails that their recipients may get now. The others are due
// when their recipients may get one more, and have the reason as their problem. A mail
// that was let out and not taken by the server does not count twice.
func (s *Store) LetOut(ctx context.Context, mails []mail.Mail, now time.Time, limits mail.Limits) (out []mail.Mail, err error) {
	if len(mails) == 0 {
		return nil, nil
	}
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		out = out[:0] // the transaction may be repeated
		if err := lock(tx, mails, now); err != nil {
			return err
		}
		for _, m := range mails {
			may := !m.LetOutAt.IsZero()
			if !may {
				if may, err = letOut(tx, m, now, limits); err != nil {
					return err
				}
				m.LetOutAt = now
			}
			if may {
				out = append(out, m)
			}
		}
		return tx.Exec("DELETE FROM recipients WHERE recipient IN (SELECT recipient FROM recipients WHERE counted_at < ? ORDER BY counted_at LIMIT ?)",
			now.Add(-recipientsKept).UnixMicro(), recipientsAtOnce).Error
	})
	if err != nil {
		return nil, fmt.Errorf("count the mails of %d recipients: %w", len(mails), err)
	}
	return out, nil
}

// lock keeps others from counting for the same recipients until the transaction ends.
// All take the rows in one order, so that no two wait for each other.
func lock(tx *gorm.DB, mails []mail.Mail, now time.Time) error {
	var recipients []string
	for _, m := range mails {
		recipients = append(recipients, m.Recipient)
	}
	slices.Sort(recipients)
	for _, r := range slices.Compact(recipients) {
		err := tx.Exec(`INSERT INTO recipients (recipient, counted_at) VALUES (?, ?)
			ON CONFLICT (recipient) DO UPDATE SET counted_at = excluded.counted_at`, r, now.UnixMicro()).Error
		if err != nil {
			return err
		}
	}
	return nil
}

func letOut(tx *gorm.DB, m mail.Mail, now time.Time, limits mail.Limits) (bool, error) {
	for _, span := range limits.Spans() {
		// The mail that has to be older than the span before one more is let out.
		var nth []int64
		err := tx.Raw("SELECT let_out_at FROM mails WHERE recipient = ? AND let_out_at > ? ORDER BY let_out_at DESC LIMIT 1 OFFSET ?",
			m.Recipient, now.Add(-span.In).UnixMicro(), span.Most-1).Scan(&nth).Error
		if err != nil {
			return false, err
		}
		if len(nth) > 0 {
			return false, tx.Exec("UPDATE mails SET due_at = ?, problem = ? WHERE id = ? AND status = 'queued' AND let_out_at = 0",
				nth[0]+span.In.Microseconds(), span.Problem(), m.ID).Error
		}
	}
	r := tx.Exec("UPDATE mails SET let_out_at = ? WHERE id = ? AND status = 'queued' AND let_out_at = 0", now.UnixMicro(), m.ID)
	return r.RowsAffected == 1, r.Error
}
