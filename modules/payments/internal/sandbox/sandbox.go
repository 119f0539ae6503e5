package sandbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"galleria/modules/payments/internal/card"
	"galleria/modules/payments/internal/payment"
	"galleria/modules/payments/internal/testcard"
	"galleria/platform/database"
	"galleria/platform/id"
	"galleria/platform/lifecycle"
)

// Sandbox is the provider. It is safe for concurrent use.
type Sandbox struct {
	db     *database.DB
	now    func() time.Time
	lateBy time.Duration
}

// New keeps the sandbox's memory in db. lateBy is how late testcard.Late
// answers.
func New(db *database.DB, now func() time.Time, lateBy time.Duration) *Sandbox {
	return &Sandbox{db: db, now: now, lateBy: lateBy}
}

// CreatePaymentMethod takes any card: declines come when it is charged.
func (s *Sandbox) CreatePaymentMethod(ctx context.Context, c card.Card) (payment.Method, error) {
	m := payment.Method{ID: "pm_sandbox_" + id.New(), Brand: c.Brand(), Last4: c.Last4()}
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		return tx.Exec("INSERT INTO sandbox_methods (id, brand, last4, behaviour, created_at) VALUES (?, ?, ?, ?, ?)",
			m.ID, m.Brand, m.Last4, string(testcard.Of(c.Number())), s.now().UnixMicro()).Error
	})
	return m, unavailable("create payment method", err)
}

type method struct {
	payment.Method
	behaviour testcard.Behaviour
}

func (s *Sandbox) method(ctx context.Context, id string) (method, error) {
	m := method{Method: payment.Method{ID: id}}
	err := s.db.Read(ctx).Raw("SELECT brand, last4, behaviour FROM sandbox_methods WHERE id = ?", id).Row().Scan(&m.Brand, &m.Last4, &m.behaviour)
	if errors.Is(err, sql.ErrNoRows) {
		return m, payment.ErrNoMethod
	}
	return m, unavailable("read payment method", err)
}

// Authorize holds an amount, once per key.
func (s *Sandbox) Authorize(ctx context.Context, key string, t payment.Terms, _ time.Time) (payment.Hold, error) {
	m, err := s.method(ctx, t.Method)
	if err != nil {
		return payment.Hold{}, err
	}
	if m.behaviour == testcard.Unavailable {
		return payment.Hold{}, payment.ErrUnavailable
	}
	hold := payment.Hold{Reference: "pay_sandbox_" + id.New(), Brand: m.Brand, Last4: m.Last4, DeclineCode: m.behaviour.DeclineCode()}
	first, err := s.hold(ctx, key, t, m, hold)
	if err != nil {
		return payment.Hold{}, err
	}
	if !first {
		return s.held(ctx, key, hold)
	}
	switch m.behaviour {
	case testcard.LostAuthorization:
		return payment.Hold{}, payment.ErrUnavailable
	case testcard.Late:
		return hold, wait(ctx, s.lateBy)
	}
	return hold, nil
}

// hold writes the authorisation; false when the key was used before.
func (s *Sandbox) hold(ctx context.Context, key string, t payment.Terms, m method, h payment.Hold) (first bool, err error) {
	state := "held"
	if h.DeclineCode != "" {
		state = "declined"
	}
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		done := tx.Exec(`INSERT INTO sandbox_authorizations (idempotency_key, reference, method, behaviour, currency, amount_minor, refunded_minor, state)
			VALUES (?, ?, ?, ?, ?, ?, 0, ?) ON CONFLICT DO NOTHING`,
			key, h.Reference, m.ID, string(m.behaviour), t.Currency, t.Amount, state)
		first = done.RowsAffected == 1
		return done.Error
	})
	return first, unavailable("authorize", err)
}

// held is the answer to a repeated key.
func (s *Sandbox) held(ctx context.Context, key string, h payment.Hold) (payment.Hold, error) {
	var state string
	err := s.db.Read(ctx).Raw("SELECT reference, state FROM sandbox_authorizations WHERE idempotency_key = ?", key).Row().Scan(&h.Reference, &state)
	if err != nil {
		return payment.Hold{}, unavailable("read authorization", err)
	}
	if state == "voided" {
		return payment.Hold{}, payment.ErrNothingHeld
	}
	return h, nil
}

// Void lets go what was authorised under the key, and remembers the key so that
// a late Authorize holds nothing.
func (s *Sandbox) Void(ctx context.Context, key string, t payment.Terms, _ time.Time) error {
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		done := tx.Exec(`INSERT INTO sandbox_authorizations (idempotency_key, reference, method, behaviour, currency, amount_minor, refunded_minor, state)
			VALUES (?, ?, ?, '', ?, ?, 0, 'voided')
			ON CONFLICT (idempotency_key) DO UPDATE SET state = 'voided' WHERE sandbox_authorizations.state <> 'captured'`,
			key, "pay_sandbox_"+id.New(), t.Method, t.Currency, t.Amount)
		if done.Error == nil && done.RowsAffected == 0 {
			return payment.ErrCaptured
		}
		return done.Error
	})
	if errors.Is(err, payment.ErrCaptured) {
		return err
	}
	return unavailable("void", err)
}

// Capture takes what is held; again, it answers the same.
func (s *Sandbox) Capture(ctx context.Context, _, reference string, _ payment.Terms) error {
	var lost bool
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		var behaviour testcard.Behaviour
		err := tx.Raw(`UPDATE sandbox_authorizations SET state = 'captured' WHERE reference = ? AND state = 'held'
			RETURNING behaviour`, reference).Row().Scan(&behaviour)
		lost = err == nil && behaviour == testcard.LostCapture
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		var captured int64
		err = tx.Raw("SELECT COUNT(*) FROM sandbox_authorizations WHERE reference = ? AND state = 'captured'", reference).Row().Scan(&captured)
		if err == nil && captured == 0 {
			return payment.ErrNothingHeld
		}
		return err
	})
	switch {
	case errors.Is(err, payment.ErrNothingHeld):
		return err
	case err == nil && lost:
		return payment.ErrUnavailable
	}
	return unavailable("capture", err)
}

// Refund gives back part of a capture, once per key.
func (s *Sandbox) Refund(ctx context.Context, key, reference string, r payment.Refund, _ payment.Terms) error {
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		first := tx.Exec("INSERT INTO sandbox_refunds (idempotency_key, reference, amount_minor) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
			key, reference, r.Amount)
		if first.Error != nil || first.RowsAffected == 0 {
			return first.Error
		}
		given := tx.Exec(`UPDATE sandbox_authorizations SET refunded_minor = refunded_minor + ?
			WHERE reference = ? AND state = 'captured' AND refunded_minor + ? <= amount_minor`, r.Amount, reference, r.Amount)
		if given.Error == nil && given.RowsAffected == 0 {
			return payment.ErrRefused
		}
		return given.Error
	})
	if errors.Is(err, payment.ErrRefused) {
		return err
	}
	return unavailable("refund", err)
}

// unavailable is what the failure of an outside party's database looks like.
func unavailable(operation string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: sandbox: %s: %w", payment.ErrUnavailable, operation, err)
}

func wait(ctx context.Context, d time.Duration) error {
	if err := lifecycle.Pause(ctx, d); err != nil {
		return fmt.Errorf("%w: sandbox: answers late: %w", payment.ErrUnavailable, err)
	}
	return nil
}
