// Package store keeps mails in the module's database. It is the only place
// that knows gorm.
package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"gorm.io/gorm"

	"galleria/modules/notifications/internal/letter"
	"galleria/modules/notifications/internal/mail"
	"galleria/modules/notifications/internal/page"
	"galleria/platform/database"
)

// Store is the module's database.
type Store struct{ db *database.DB }

// New makes the store in db.
func New(db *database.DB) *Store { return &Store{db: db} }

// Queue writes a mail in the transaction of its event; nothing when the event
// has one.
func Queue(tx *gorm.DB, m mail.Mail) error {
	facts, err := json.Marshal(m.Facts)
	if err != nil {
		return fmt.Errorf("queue the mail of event %s: %w", m.EventID, err)
	}
	err = tx.Exec(`INSERT INTO mails (id, event_id, name, address, recipient, subject, facts, status, created_at, due_at, link_until)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (event_id) DO NOTHING`,
		m.ID, m.EventID, m.Name, m.Address, m.Recipient, m.Subject, string(facts), string(m.Status), m.CreatedAt.UnixMicro(), m.DueAt.UnixMicro(), micros(m.LinkUntil)).Error
	if err != nil {
		return fmt.Errorf("queue the mail of event %s: %w", m.EventID, err)
	}
	database.Announce(tx, queuedWork)
	return nil
}

// queuedWork is what announces that mails were queued.
const queuedWork = "queued mails"

// Pace is for work that looks for mails to send: soon after some were queued, and
// as often as asked for those whose time comes.
func (s *Store) Pace(often, gather time.Duration) *database.Pace {
	return s.db.Pace(queuedWork, often, gather)
}

// Page is one page of mails, newest first and without letters, and whether
// there are more.
func (s *Store) Page(ctx context.Context, p page.Page) (mails []mail.Mail, more bool, err error) {
	query := s.db.Read(ctx).Table("mails").
		Select("id, name, address, subject, status, attempts, problem, created_at, sent_at, link_until, resends, resent_at").
		Order("id DESC").Limit(p.Size + 1)
	if p.Before != "" {
		query = query.Where("id < ?", p.Before)
	}
	var rows []row
	if err := query.Scan(&rows).Error; err != nil {
		return nil, false, fmt.Errorf("list mails: %w", err)
	}
	if len(rows) > p.Size {
		rows, more = rows[:p.Size], true
	}
	mails, err = all(rows)
	return mails, more, err
}

// Get is the mail with this id; false when there is none.
func (s *Store) Get(ctx context.Context, id string) (mail.Mail, bool, error) {
	return get(s.db.Read(ctx), id)
}

func get(db *gorm.DB, id string) (mail.Mail, bool, error) {
	var rows []row
	if err := db.Raw("SELECT * FROM mails WHERE id = ?", id).Scan(&rows).Error; err != nil {
		return mail.Mail{}, false, fmt.Errorf("get mail %s: %w", id, err)
	}
	mails, err := all(rows)
	if err != nil || len(mails) == 0 {
		return mail.Mail{}, false, err
	}
	return mails[0], true, nil
}

// row is a row of mails; gorm finds the columns by the fields' names.
type row struct {
	ID, EventID, Name, Address, Recipient, Subject string
	Facts, TextBody, HTMLBody                      string
	Status, Problem                                string
	Attempts, CreatedAt, DueAt, LetOutAt, SentAt   int64
	LinkUntil, Resends, ResentAt                   int64
}

func all(rows []row) ([]mail.Mail, error) {
	mails := make([]mail.Mail, len(rows))
	for i, r := range rows {
		m := mail.Mail{
			ID: r.ID, EventID: r.EventID, Name: r.Name, Address: r.Address, Recipient: r.Recipient, Subject: r.Subject,
			Text: r.TextBody, HTML: r.HTMLBody, Status: mail.Status(r.Status), Attempts: int(r.Attempts), Problem: r.Problem,
			CreatedAt: at(r.CreatedAt), DueAt: at(r.DueAt), LetOutAt: at(r.LetOutAt), SentAt: at(r.SentAt),
			LinkUntil: at(r.LinkUntil), Resends: int(r.Resends), ResentAt: at(r.ResentAt),
		}
		if r.Facts != "" {
			m.Facts = &letter.Facts{}
			if err := json.Unmarshal([]byte(r.Facts), m.Facts); err != nil {
				return nil, fmt.Errorf("read the facts of mail %s: %w", r.ID, err)
			}
		}
		mails[i] = m
	}
	return mails, nil
}

func at(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}

func micros(at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	return at.UnixMicro()
}
