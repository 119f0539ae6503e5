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

	"google.golang.org/protobuf/proto"
	"gorm.io/gorm"

	"galleria/modules/payments/internal/payment"
	"galleria/platform/database"
	"galleria/platform/events"
)

// Store keeps the payments on providers' pages. It is safe for concurrent use,
// also by several processes.
type Store struct {
	db *database.DB
	// least is the first wait for a provider's news.
	least   time.Duration
	publish func(p payment.Payment, f payment.Fact, at time.Time) proto.Message
}

// New keeps payments in db. publish makes the event of a fact.
func New(db *database.DB, least time.Duration, publish func(payment.Payment, payment.Fact, time.Time) proto.Message) *Store {
	return &Store{db: db, least: least, publish: publish}
}

// gather is how long after a commit a look for what is due comes: shoppers wait
// for what a webhook told.
const gather = 20 * time.Millisecond

// dueWork is what announces that a payment has a time to be looked at.
const dueWork = "due payments"

// Pace is for work that looks for what is due.
func (s *Store) Pace(often time.Duration) *database.Pace { return s.db.Pace(dueWork, often, gather) }

const columns = `id, order_id, provider, currency, amount_minor, capture_later, expires_at, description, email, return_url, cancel_url,
	status, cancelling, capturing, disputed, captured_minor, refunded_minor, refunding_minor, session, intent, redirect_url,
	brand, last4, decline_code, attempt, tries, created_at, version, heard`

// Load reads a payment; payment.ErrNoPayment when there is none.
func (s *Store) Load(ctx context.Context, id string) (payment.Payment, error) {
	return load(s.db.Read(ctx), id)
}

func load(db *gorm.DB, id string) (payment.Payment, error) {
	found, err := many(db, "WHERE id = ?", id)
	if err == nil && len(found) == 0 {
		return payment.Payment{}, payment.ErrNoPayment
	}
	if err != nil {
		return payment.Payment{}, fmt.Errorf("read payment %s: %w", id, err)
	}
	return found[0], nil
}

// OfOrder reads the payments of an order, the oldest first.
func (s *Store) OfOrder(ctx context.Context, orderID string, most int) ([]payment.Payment, error) {
	return many(s.db.Read(ctx), "WHERE order_id = ? ORDER BY created_at, id LIMIT ?", orderID, most)
}

// Due reads up to most payments that are due, the longest waiting first.
func (s *Store) Due(ctx context.Context, now time.Time, most int) ([]payment.Payment, error) {
	return many(s.db.Read(ctx), "WHERE due_at > 0 AND due_at <= ? ORDER BY due_at LIMIT ?", now.UnixMicro(), most)
}

// Insert stores a new payment; false when the id is known, which stays as it is.
func (s *Store) Insert(ctx context.Context, p payment.Payment, now time.Time) (inserted bool, err error) {
	t, page, state := p.Terms(), p.Page(), p.State()
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		done := tx.Exec("INSERT INTO payments ("+columns+`, changed_at, due_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, 0, ?, ?) ON CONFLICT DO NOTHING`,
			t.ID, t.OrderID, t.Provider, t.Currency, t.Amount, t.CaptureLater, t.Expires.UnixMicro(), page.Description, page.Email, page.ReturnURL, page.CancelURL,
			string(state.Status), state.Cancelling, state.Capturing, state.Disputed, state.Captured, state.Refunded, state.Refunding, state.Session, state.Intent, state.RedirectURL,
			state.Brand, state.Last4, state.DeclineCode, state.Attempt, state.Tries, now.UnixMicro(), now.UnixMicro(), micros(p.Due(now, s.least)))
		inserted = done.RowsAffected == 1
		database.Announce(tx, dueWork)
		return done.Error
	})
	if err != nil {
		return false, fmt.Errorf("store payment %s: %w", t.ID, err)
	}
	return inserted, nil
}

// Change takes a step of a payment and saves what it changed, with the events of
// what happened. seen is the payment as last read: when a webhook came since, it
// stays due. The step's error is returned, and then nothing changed.
func (s *Store) Change(ctx context.Context, seen payment.Payment, now time.Time, step func(*payment.Payment) error) (after payment.Payment, err error) {
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		for {
			before, err := load(tx, seen.Terms().ID)
			if err != nil {
				return err
			}
			after = before
			if err := step(&after); err != nil || after.Same(before) {
				return err
			}
			if err := s.save(tx, after, seen.Heard(), now); !errors.Is(err, errStale) {
				return err
			}
		}
	})
	return after, err
}

// errStale says that the payment changed since it was read.
var errStale = errors.New("the payment changed meanwhile")

func (s *Store) save(tx *gorm.DB, p payment.Payment, heard int64, now time.Time) error {
	t, page, state := p.Terms(), p.Page(), p.State()
	done := tx.Exec(`UPDATE payments SET description = ?, email = ?, return_url = ?, cancel_url = ?,
		status = ?, cancelling = ?, capturing = ?, disputed = ?, captured_minor = ?, refunded_minor = ?, refunding_minor = ?,
		session = ?, intent = ?, redirect_url = ?, brand = ?, last4 = ?, decline_code = ?, attempt = ?, tries = CASE WHEN heard > ? THEN tries ELSE ? END,
		changed_at = ?, due_at = CASE WHEN heard > ? THEN due_at ELSE ? END, version = version + 1 WHERE id = ? AND version = ?`,
		page.Description, page.Email, page.ReturnURL, page.CancelURL,
		string(state.Status), state.Cancelling, state.Capturing, state.Disputed, state.Captured, state.Refunded, state.Refunding,
		state.Session, state.Intent, state.RedirectURL, state.Brand, state.Last4, state.DeclineCode, state.Attempt, heard, state.Tries,
		now.UnixMicro(), heard, micros(p.Due(now, s.least)), t.ID, p.Version())
	if done.Error != nil {
		return fmt.Errorf("save payment %s: %w", t.ID, done.Error)
	}
	if done.RowsAffected == 0 {
		return errStale
	}
	database.Announce(tx, dueWork)
	for _, r := range p.Refunds() {
		err := tx.Exec(`INSERT INTO refunds (payment_id, id, amount_minor, status, failure, reference, attempt, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (payment_id, id) DO UPDATE SET status = excluded.status, failure = excluded.failure, reference = excluded.reference, attempt = excluded.attempt`,
			t.ID, r.ID, r.Amount, string(r.Status), r.Failure, r.Reference, r.Attempt, r.Created.UnixMicro()).Error
		if err != nil {
			return fmt.Errorf("save refund %s of payment %s: %w", r.ID, t.ID, err)
		}
	}
	for _, f := range p.Facts() {
		if err := events.Append(tx, now, t.OrderID, s.publish(p, f, now)); err != nil {
			return fmt.Errorf("publish what happened to payment %s: %w", t.ID, err)
		}
	}
	return nil
}

// Touch makes a payment due at once, as if it had not been looked at before, found by its id or by the provider's names
// for it; false when none is.
func (s *Store) Touch(ctx context.Context, provider string, n payment.Notice, now time.Time) (found bool, err error) {
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		done := tx.Exec(`UPDATE payments SET due_at = ?, heard = heard + 1, tries = 0 WHERE provider = ?
			AND (id = ? OR (session <> '' AND session = ?) OR (intent <> '' AND intent = ?))`,
			now.UnixMicro(), provider, n.PaymentID, n.Session, n.Intent)
		found = done.RowsAffected > 0
		database.Announce(tx, dueWork)
		return done.Error
	})
	if err != nil {
		return false, fmt.Errorf("store webhook %s: %w", n.Event, err)
	}
	return found, nil
}

// Postpone puts off the next look at a payment that is as it was. It stays due for a while also
// when it waits for nothing, and only a webhook had made it due: that comes once.
func (s *Store) Postpone(ctx context.Context, p payment.Payment, now time.Time, spent bool) error {
	_, err := s.Change(ctx, p, now, func(p *payment.Payment) error {
		p.Tried(spent)
		p.LookAgain()
		return nil
	})
	return err
}

// Forget deletes up to most payments that ended unpaid before a time.
func (s *Store) Forget(ctx context.Context, before time.Time, most int) (int64, error) {
	var gone int64
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		done := tx.Exec(`DELETE FROM payments WHERE id IN (SELECT id FROM payments
			WHERE status IN ('cancelled', 'expired') AND changed_at < ? LIMIT ?)`, before.UnixMicro(), most)
		gone = done.RowsAffected
		return done.Error
	})
	if err != nil {
		return 0, fmt.Errorf("forget unpaid payments: %w", err)
	}
	return gone, nil
}

func many(db *gorm.DB, where string, args ...any) ([]payment.Payment, error) {
	rows, err := db.Raw("SELECT "+columns+" FROM payments "+where, args...).Rows()
	found, err := all(rows, err, func(rows *sql.Rows) (payment.Payment, error) { return scan(rows) })
	if err != nil {
		return nil, err
	}
	for i, p := range found {
		s := p.State()
		if s.Captured == 0 {
			continue // only what was paid has refunds
		}
		refunds, err := refundsOf(db, p.Terms().ID)
		if err != nil {
			return nil, err
		}
		found[i] = payment.Restore(p.Terms(), p.Page(), s, refunds, p.Created(), p.Version(), p.Heard())
	}
	return found, nil
}

func scan(row *sql.Rows) (payment.Payment, error) {
	var t payment.Terms
	var page payment.Page
	var s payment.State
	var expires, created, version, heard int64
	err := row.Scan(&t.ID, &t.OrderID, &t.Provider, &t.Currency, &t.Amount, &t.CaptureLater, &expires, &page.Description, &page.Email, &page.ReturnURL, &page.CancelURL,
		&s.Status, &s.Cancelling, &s.Capturing, &s.Disputed, &s.Captured, &s.Refunded, &s.Refunding, &s.Session, &s.Intent, &s.RedirectURL,
		&s.Brand, &s.Last4, &s.DeclineCode, &s.Attempt, &s.Tries, &created, &version, &heard)
	t.Expires = time.UnixMicro(expires).UTC()
	return payment.Restore(t, page, s, nil, time.UnixMicro(created).UTC(), version, heard), err
}

func refundsOf(db *gorm.DB, paymentID string) ([]payment.Refund, error) {
	rows, err := db.Raw(`SELECT id, amount_minor, status, failure, reference, attempt, created_at FROM refunds
		WHERE payment_id = ? ORDER BY created_at, id`, paymentID).Rows()
	return all(rows, err, func(rows *sql.Rows) (r payment.Refund, err error) {
		var created int64
		err = rows.Scan(&r.ID, &r.Amount, &r.Status, &r.Failure, &r.Reference, &r.Attempt, &created)
		r.Created = time.UnixMicro(created).UTC()
		return r, err
	})
}

func all[T any](rows *sql.Rows, err error, scan func(*sql.Rows) (T, error)) ([]T, error) {
	if err != nil {
		return nil, fmt.Errorf("read payments: %w", err)
	}
	defer rows.Close()
	var found []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("read payments: %w", err)
		}
		found = append(found, one)
	}
	return found, rows.Err()
}

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}
