// Package store keeps orders in the module's database.
package store

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"
	"gorm.io/gorm"

	"galleria/modules/orders/internal/order"
	"galleria/platform/database"
	"galleria/platform/events"
)

// Store keeps orders. Safe for concurrent use, also by several processes.
type Store struct {
	db  *database.DB
	now func() time.Time
}

// New uses a database that was migrated.
func New(db *database.DB, now func() time.Time) *Store { return &Store{db: db, now: now} }

// Accept stores a new order; false when its key is taken.
func (s *Store) Accept(ctx context.Context, o *order.Order) (bool, error) {
	r, err := newRowOf(o)
	if err != nil {
		return false, err
	}
	var rows int64
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		done := tx.Exec(insert, r.ID, r.IdempotencyKey, r.Fingerprint, r.Token, r.CartID, r.PaymentMethodID,
			r.Email, r.Name, r.Line1, r.Line2, r.City, r.PostalCode, r.Country, r.CurrencyCode, r.TotalMinor, r.Lines, r.CreatedAt,
			r.Status, r.Version, r.CardBrand, r.CardLast4, r.RefundedMinor, r.EndedBecause, r.EndedFacts, r.Timeline, r.CartPending,
			r.Driver, r.DueAt, r.Attempts)
		rows = done.RowsAffected
		return done.Error
	})
	if err != nil {
		return false, fmt.Errorf("store new order %s: %w", r.ID, err)
	}
	return rows == 1, nil
}

const insert = `INSERT INTO orders (id, idempotency_key, fingerprint, token, cart_id, payment_method_id,
	email, name, line1, line2, city, postal_code, country, currency_code, total_minor, lines, created_at,
	status, version, card_brand, card_last4, refunded_minor, ended_because, ended_facts, timeline, cart_pending,
	driver, due_at, attempts)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
	ON CONFLICT (idempotency_key) DO NOTHING`

// Save stores what changed since the order was read, and publishes the facts
// with it; order.ErrStale when somebody was faster.
func (s *Store) Save(ctx context.Context, o *order.Order, facts ...proto.Message) error {
	r, err := rowOf(o)
	if err != nil {
		return err
	}
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		done := tx.Exec(update, r.Status, r.CardBrand, r.CardLast4, r.RefundedMinor, r.EndedBecause, r.EndedFacts, r.Timeline,
			r.CartPending, r.Driver, r.DueAt, r.Attempts, r.ID, r.Version)
		if done.Error != nil {
			return done.Error
		}
		if done.RowsAffected != 1 {
			return order.ErrStale
		}
		for _, fact := range facts {
			if err := events.Append(tx, s.now(), r.ID, fact); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("store order %s as %s: %w", r.ID, r.Status, err)
	}
	o.Saved()
	return nil
}

const update = `UPDATE orders SET status = ?, card_brand = ?, card_last4 = ?, refunded_minor = ?, ended_because = ?, ended_facts = ?,
	timeline = ?, cart_pending = ?, driver = ?, due_at = ?, attempts = ?, version = version + 1
	WHERE id = ? AND version = ?`

// Keep makes a drive's claim last until then; false when it has none.
func (s *Store) Keep(ctx context.Context, id, driver string, until time.Time) (bool, error) {
	var rows int64
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		done := tx.Exec("UPDATE orders SET due_at = ? WHERE id = ? AND driver = ?", until.UnixMicro(), id, driver)
		rows = done.RowsAffected
		return done.Error
	})
	if err != nil {
		return false, fmt.Errorf("keep the claim on order %s: %w", id, err)
	}
	return rows == 1, nil
}

// ByID reads one order; order.ErrNotFound.
func (s *Store) ByID(ctx context.Context, id string) (*order.Order, error) {
	return s.one(ctx, "SELECT * FROM orders WHERE id = ?", id)
}

// ByKey reads the order a key made; order.ErrNotFound.
func (s *Store) ByKey(ctx context.Context, key string) (*order.Order, error) {
	return s.one(ctx, "SELECT * FROM orders WHERE idempotency_key = ?", key)
}

func (s *Store) one(ctx context.Context, query string, value string) (*order.Order, error) {
	found, err := s.many(ctx, query, value)
	if err != nil {
		return nil, fmt.Errorf("read order: %w", err)
	}
	if len(found) == 0 {
		return nil, order.ErrNotFound
	}
	return found[0], nil
}

// Due reads open orders nobody drives and whose time has come, the longest
// due first.
func (s *Store) Due(ctx context.Context, now time.Time, limit int) ([]*order.Order, error) {
	found, err := s.many(ctx, "SELECT * FROM orders WHERE due_at <= ? ORDER BY due_at LIMIT ?", now.UnixMicro(), limit)
	if err != nil {
		return nil, fmt.Errorf("read due orders: %w", err)
	}
	return found, nil
}

// List reads orders made before the one named, newest first; "" begins with
// the newest. No statuses: all.
func (s *Store) List(ctx context.Context, statuses []order.Status, before string, limit int) ([]*order.Order, error) {
	query, args := "SELECT * FROM orders WHERE 1 = 1", []any{}
	if before != "" {
		query, args = query+" AND id < ?", append(args, before)
	}
	if len(statuses) > 0 {
		query, args = query+" AND status IN ?", append(args, statuses)
	}
	found, err := s.many(ctx, query+" ORDER BY id DESC LIMIT ?", append(args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("list orders: %w", err)
	}
	return found, nil
}

func (s *Store) many(ctx context.Context, query string, args ...any) ([]*order.Order, error) {
	var rows []row
	if err := s.db.Read(ctx).Raw(query, args...).Scan(&rows).Error; err != nil {
		return nil, err
	}
	found := make([]*order.Order, 0, len(rows))
	for _, r := range rows {
		o, err := r.order()
		if err != nil {
			return nil, err
		}
		found = append(found, o)
	}
	return found, nil
}
