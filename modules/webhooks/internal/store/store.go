// Package store keeps endpoints and deliveries in the module's database. It is the only
// place that knows gorm.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"galleria/modules/webhooks/internal/webhook"
	"galleria/platform/database"
)

// Why something is not done.
var (
	ErrNoEndpoint = errors.New("no such endpoint")
	ErrNoDelivery = errors.New("no such delivery")
	ErrOff        = errors.New("the endpoint is switched off")
	ErrTooMany    = errors.New("there are as many endpoints as there may be")
	ErrKeyReused  = errors.New("the key was used for something else")
)

// Store is the module's database. Safe for concurrent use.
type Store struct{ db *database.DB }

// New makes the store in db, which it does not own.
func New(db *database.DB) *Store { return &Store{db: db} }

// waitingWork announces that something is to be sent.
const waitingWork = "waiting webhooks"

// Pace is for work that looks for what is to be sent: soon after something was queued,
// and as often as asked for what is tried again.
func (s *Store) Pace(often, gather time.Duration) *database.Pace {
	return s.db.Pace(waitingWork, often, gather)
}

// endpointRow is a row of webhook_endpoints; gorm finds the columns by the fields' names.
type endpointRow struct {
	ID, URL, Events, Note, Secret, OldSecret, SecretKey, OffBecause string
	Active                                                          bool
	OldUntil, FailingSince, CreatedAt                               int64
}

func (r endpointRow) endpoint() webhook.Endpoint {
	e := webhook.Endpoint{
		ID: r.ID, URL: r.URL, Note: r.Note, Active: r.Active, OffBecause: r.OffBecause, FailingSince: at(r.FailingSince), CreatedAt: at(r.CreatedAt),
		Secrets: webhook.Secrets{Now: r.Secret, Old: r.OldSecret, OldUntil: at(r.OldUntil)},
	}
	if r.Events != "" {
		e.Events = strings.Split(r.Events, ",")
	}
	return e
}

// Endpoints are all, oldest first.
func (s *Store) Endpoints(ctx context.Context) ([]webhook.Endpoint, error) {
	return endpoints(s.db.Read(ctx), "")
}

func endpoints(from *gorm.DB, lock string) ([]webhook.Endpoint, error) {
	var rows []endpointRow
	if err := from.Raw("SELECT * FROM webhook_endpoints ORDER BY id" + lock).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("list endpoints: %w", err)
	}
	all := make([]webhook.Endpoint, len(rows))
	for i, r := range rows {
		all[i] = r.endpoint()
	}
	return all, nil
}

// held keeps endpoints that are read from being switched off or removed until the
// transaction ends: what is queued for one then would wait for ever. On SQLite, a
// transaction that writes is alone.
func held(tx *gorm.DB) (lock string) {
	if tx.Name() == "postgres" {
		return " FOR SHARE"
	}
	return ""
}

// endpoint reads one in a transaction that writes. Error: ErrNoEndpoint.
func endpoint(tx *gorm.DB, id string) (endpointRow, error) {
	var rows []endpointRow
	if err := tx.Raw("SELECT * FROM webhook_endpoints WHERE id = ?"+held(tx), id).Scan(&rows).Error; err != nil {
		return endpointRow{}, err
	}
	if len(rows) == 0 {
		return endpointRow{}, ErrNoEndpoint
	}
	return rows[0], nil
}

// once notes that a method is done under a key, and what it made. It is false, with what
// was made then, when it was done before. ErrKeyReused: for something else.
func once(tx *gorm.DB, method, key, content, makes string, now time.Time) (made string, first bool, err error) {
	added := tx.Exec(`INSERT INTO webhook_requests (method, idempotency_key, content, made, at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT DO NOTHING`, method, key, content, makes, now.UnixMicro())
	if added.Error != nil || added.RowsAffected == 1 {
		return makes, true, added.Error
	}
	var before string
	if err := tx.Raw("SELECT content, made FROM webhook_requests WHERE method = ? AND idempotency_key = ?", method, key).Row().Scan(&before, &made); err != nil {
		return "", false, err
	}
	if before != content {
		return "", false, ErrKeyReused
	}
	return made, false, nil
}

func (s *Store) write(ctx context.Context, operation string, fn func(tx *gorm.DB) error) error {
	if err := s.db.Write(ctx, fn); err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	return nil
}

func at(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// none tells whether a statement found no row.
func none(err error) bool { return errors.Is(err, sql.ErrNoRows) }
