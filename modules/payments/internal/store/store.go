// Package store keeps payments in the module's database.
//
// A payment is changed in the domain and saved on top of the version it was
// read as: an update that is conditional on that version, so that of two
// changes at once one finds that it must look again.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"galleria/modules/payments/internal/payment"
	"galleria/platform/database"
)

// Store is payments' database. It is safe for concurrent use.
type Store struct{ db *database.DB }

// New keeps payments in db.
func New(db *database.DB) *Store { return &Store{db: db} }

// Pace is for work that looks for what is due: as often as asked while the
// database changes, less often while nothing does.
func (s *Store) Pace(often time.Duration) *database.Pace { return s.db.Pace(often, often) }

const columns = `order_id, provider, currency, amount_minor, method, status, open_step, captured_minor, refunded_minor,
	refunding_minor, brand, last4, reference, decline_code, created_at, version`

// Load reads an order's payment; payment.ErrNoPayment when there is none.
func (s *Store) Load(ctx context.Context, orderID string) (payment.Payment, error) {
	return load(s.db.Read(ctx), orderID)
}

func load(db *gorm.DB, orderID string) (payment.Payment, error) {
	p, err := scan(db.Raw("SELECT "+columns+" FROM payments WHERE order_id = ?", orderID).Row())
	if errors.Is(err, sql.ErrNoRows) {
		return p, payment.ErrNoPayment
	}
	if err != nil {
		return p, fmt.Errorf("read payment of order %s: %w", orderID, err)
	}
	return p, nil
}

func scan(row interface{ Scan(...any) error }) (payment.Payment, error) {
	var t payment.Terms
	var s payment.State
	var created, version int64
	err := row.Scan(&t.OrderID, &t.Provider, &t.Currency, &t.Amount, &t.Method, &s.Status, &s.Open, &s.Captured, &s.Refunded,
		&s.Refunding, &s.Brand, &s.Last4, &s.Reference, &s.DeclineCode, &created, &version)
	return payment.Restore(t, s, time.UnixMicro(created).UTC(), version), err
}

// Insert stores a new payment; false when the order has one already, which
// stays as it is.
func (s *Store) Insert(ctx context.Context, p payment.Payment) (inserted bool, err error) {
	t, state := p.Terms(), p.State()
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		done := tx.Exec(`INSERT INTO payments (`+columns+`, changed_at, due_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT DO NOTHING`,
			t.OrderID, t.Provider, t.Currency, t.Amount, t.Method, string(state.Status), string(state.Open), state.Captured, state.Refunded,
			state.Refunding, state.Brand, state.Last4, state.Reference, state.DeclineCode,
			p.Created().UnixMicro(), p.Version(), p.Created().UnixMicro())
		inserted = done.RowsAffected == 1
		return done.Error
	})
	if err != nil {
		return false, fmt.Errorf("store payment of order %s: %w", t.OrderID, err)
	}
	return inserted, nil
}

// Forget deletes a payment that was never asked of the provider, unless it has
// changed meanwhile.
func (s *Store) Forget(ctx context.Context, p payment.Payment) error {
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		return tx.Exec("DELETE FROM payments WHERE order_id = ? AND version = ? AND status = 'pending'", p.Terms().OrderID, p.Version()).Error
	})
	if err != nil {
		return fmt.Errorf("forget payment of order %s: %w", p.Terms().OrderID, err)
	}
	return nil
}

// Change takes a step of a payment and saves it; due is when a step that is
// open then is asked again if no answer comes. p is the payment as last seen:
// when it has changed meanwhile, or the step fails on it, the step is taken on
// the payment as it is. The step's error is returned, and then nothing changed.
func (s *Store) Change(ctx context.Context, p payment.Payment, now, due time.Time, step func(*payment.Payment) error) (payment.Payment, error) {
	after := p
	err := s.db.Write(ctx, func(tx *gorm.DB) (err error) {
		after, err = change(tx, p, now, due, step)
		return err
	})
	return after, err
}

// change looks again inside the transaction and not outside: there it would not
// see what others who share the commit have written.
func change(tx *gorm.DB, p payment.Payment, now, due time.Time, step func(*payment.Payment) error) (payment.Payment, error) {
	for fresh := false; ; fresh = true {
		changed := p
		err := step(&changed)
		if err == nil && changed == p {
			return p, nil
		}
		if err == nil {
			err = save(tx, changed, now, due)
		}
		if err == nil {
			return changed.Changed(), nil
		}
		if fresh && !errors.Is(err, errStale) {
			return p, err
		}
		if p, err = load(tx, p.Terms().OrderID); err != nil {
			return p, err
		}
	}
}

// errStale says that the payment changed since it was read.
var errStale = errors.New("the payment changed meanwhile")

func save(tx *gorm.DB, p payment.Payment, now, due time.Time) error {
	state := p.State()
	var dueAt int64
	if state.Open != payment.NoStep {
		dueAt = due.UnixMicro()
	}
	done := tx.Exec(`UPDATE payments SET status = ?, open_step = ?, captured_minor = ?, refunded_minor = ?, refunding_minor = ?,
		brand = ?, last4 = ?, reference = ?, decline_code = ?, changed_at = ?, due_at = ?, version = version + 1
		WHERE order_id = ? AND version = ?`,
		string(state.Status), string(state.Open), state.Captured, state.Refunded, state.Refunding,
		state.Brand, state.Last4, state.Reference, state.DeclineCode, now.UnixMicro(), dueAt, p.Terms().OrderID, p.Version())
	if done.Error != nil {
		return fmt.Errorf("save payment of order %s: %w", p.Terms().OrderID, done.Error)
	}
	if done.RowsAffected == 0 {
		return errStale
	}
	return nil
}
