package sandbox

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"gorm.io/gorm"

	"galleria/modules/payments/internal/payment"
	"galleria/modules/payments/internal/testcard"
	"galleria/platform/database"
	"galleria/platform/id"
)

// PagePath is where the sandbox's page is; the session's token comes after it.
const PagePath = "/sandbox/pay/"

// signature is the header of the sandbox's webhooks.
const signature = "sandbox-signature"

// Page is the sandbox as a provider with a payment page of its own. It is safe for
// concurrent use.
//
//	open ──> paid (or held) ──> paid, refunded
//	 │ ^──> consent ──^ │
//	 v                  v
//	ended, cancelled <──┘
type Page struct {
	db     *database.DB
	now    func() time.Time
	lateBy time.Duration
	log    *slog.Logger
	secret string // of its webhooks: they come from this process
}

// NewPage keeps the page's memory in db. lateBy is how long after the shopper paid
// with testcard.Late the payment is made.
func NewPage(db *database.DB, now func() time.Time, lateBy time.Duration, log *slog.Logger) *Page {
	return &Page{db: db, now: now, lateBy: lateBy, log: log, secret: id.Secret()}
}

// Open implements payment.Provider. A repeated payment finds its session.
func (s *Page) Open(ctx context.Context, p payment.Payment) (payment.Session, error) {
	t, page := p.Terms(), p.Page()
	var token string
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		err := tx.Exec(`INSERT INTO sandbox_sessions (id, token, currency, amount_minor, capture_later, description, return_url, cancel_url,
			state, behaviour, brand, last4, refusals, wait_until, decline_code, disputed, refunded_minor, paid_at, notify_at, created_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'open', '', '', '', 0, 0, '', FALSE, 0, 0, 0, ?) ON CONFLICT (id) DO NOTHING`,
			t.ID, id.Secret(), t.Currency, t.Amount, t.CaptureLater, page.Description, page.ReturnURL, page.CancelURL, s.now().UnixMicro()).Error
		if err != nil {
			return err
		}
		return tx.Raw("SELECT token FROM sandbox_sessions WHERE id = ?", t.ID).Row().Scan(&token)
	})
	if err != nil {
		return payment.Session{}, pageAway("open a session", err)
	}
	return payment.Session{Reference: "sandbox_" + t.ID, URL: PagePath + token}, nil
}

// Look implements payment.Provider.
func (s *Page) Look(ctx context.Context, p payment.Payment) (payment.Report, error) {
	report, err := s.report(s.db.Read(ctx), p)
	return report, pageAway("look at a session", err)
}

// Close implements payment.Provider.
func (s *Page) Close(ctx context.Context, p payment.Payment) (report payment.Report, err error) {
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		// What is to be paid late is as good as paid.
		err := tx.Exec(`UPDATE sandbox_sessions SET state = 'ended' WHERE id = ?
			AND (state = 'held' OR state IN ('open', 'consent') AND paid_at = 0)`, p.Terms().ID).Error
		if err == nil {
			report, err = s.report(tx, p)
		}
		return err
	})
	return report, pageAway("close a session", err)
}

// Capture implements payment.Provider.
func (s *Page) Capture(ctx context.Context, p payment.Payment) (report payment.Report, err error) {
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		err := tx.Exec("UPDATE sandbox_sessions SET state = 'paid' WHERE id = ? AND state = 'held'", p.Terms().ID).Error
		if err == nil {
			report, err = s.report(tx, p)
		}
		return err
	})
	return report, pageAway("capture", err)
}

// Refund implements payment.Provider.
func (s *Page) Refund(ctx context.Context, p payment.Payment, r payment.Refund) (told payment.RefundReport, err error) {
	session := p.Terms().ID
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		var behaviour testcard.Behaviour
		if err := tx.Raw("SELECT behaviour FROM sandbox_sessions WHERE id = ?", session).Row().Scan(&behaviour); err != nil {
			return err
		}
		status, failure, fails := payment.RefundSucceeded, "", int64(0)
		switch behaviour {
		case testcard.RefundRefused:
			status, failure = payment.RefundFailed, "the bank of the card takes no refunds"
		case testcard.RefundFails:
			fails = s.now().Add(s.lateBy).UnixMicro()
		}
		first := tx.Exec(`INSERT INTO sandbox_session_refunds (session, id, amount_minor, status, failure, fails_at) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT DO NOTHING`, session, r.ID, r.Amount, string(status), failure, fails)
		if first.Error == nil && first.RowsAffected == 1 && status == payment.RefundSucceeded {
			given := tx.Exec(`UPDATE sandbox_sessions SET refunded_minor = refunded_minor + ?
				WHERE id = ? AND state = 'paid' AND refunded_minor + ? <= amount_minor`, r.Amount, session, r.Amount)
			if given.Error != nil {
				return given.Error
			}
			if given.RowsAffected == 0 {
				status, failure = payment.RefundFailed, "more than was paid"
				if err := tx.Exec("UPDATE sandbox_session_refunds SET status = 'failed', failure = ? WHERE session = ? AND id = ?", failure, session, r.ID).Error; err != nil {
					return err
				}
			}
		}
		if first.Error == nil && fails > 0 {
			database.Announce(tx, webhookWork)
			first = tx.Exec("UPDATE sandbox_sessions SET notify_at = ? WHERE id = ?", fails, session)
		}
		if first.Error != nil {
			return first.Error
		}
		all, err := refundReports(tx, session)
		for _, one := range all {
			if one.ID == r.ID {
				told = one
			}
		}
		return err
	})
	return told, pageAway("refund", err)
}

// report is what is known of a session. One that is gone was forgotten unpaid.
func (s *Page) report(db *gorm.DB, p payment.Payment) (payment.Report, error) {
	var r payment.Report
	var state string
	sessionID, intent := p.Terms().ID, p.State().Intent
	if intent == "" {
		intent = "pay_sandbox_" + sessionID
	}
	err := db.Raw("SELECT state, brand, last4, decline_code, disputed FROM sandbox_sessions WHERE id = ?", sessionID).
		Row().Scan(&state, &r.Brand, &r.Last4, &r.DeclineCode, &r.Disputed)
	if errors.Is(err, sql.ErrNoRows) {
		return payment.Report{State: payment.SaysEnded}, nil
	}
	if err != nil {
		return r, err
	}
	switch state {
	case "paid":
		r.State, r.Intent = payment.SaysPaid, intent
	case "held":
		r.State, r.Intent = payment.SaysAuthorized, intent
	case "ended":
		r.State = payment.SaysEnded
	case "cancelled":
		r.State = payment.SaysCancelled
	}
	r.Refunds, err = refundReports(db, sessionID)
	return r, err
}

func refundReports(db *gorm.DB, session string) ([]payment.RefundReport, error) {
	rows, err := db.Raw("SELECT id, status, failure FROM sandbox_session_refunds WHERE session = ?", session).Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []payment.RefundReport
	for rows.Next() {
		var r payment.RefundReport
		if err := rows.Scan(&r.ID, &r.Status, &r.Failure); err != nil {
			return nil, err
		}
		r.Reference = "re_sandbox_" + r.ID
		all = append(all, r)
	}
	return all, rows.Err()
}

// webhook is what the sandbox sends.
type webhook struct {
	ID      string `json:"id"`
	Payment string `json:"payment"`
}

// Hear implements payment.Provider.
func (s *Page) Hear(_ context.Context, body []byte, headers map[string]string) (*payment.Notice, error) {
	if given, err := hex.DecodeString(headers[signature]); err != nil || !hmac.Equal(given, s.sign(body)) {
		return nil, fmt.Errorf("%w: sandbox", payment.ErrSignature)
	}
	var w webhook
	if err := json.Unmarshal(body, &w); err != nil {
		return nil, fmt.Errorf("sandbox: read a webhook: %w", err)
	}
	return &payment.Notice{Event: w.ID, PaymentID: w.Payment}, nil
}

func (s *Page) sign(body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(s.secret))
	mac.Write(body)
	return mac.Sum(nil)
}

func pageAway(operation string, err error) error {
	if err == nil || errors.Is(err, database.ErrText) {
		return err // a text that is none is the caller's mistake
	}
	return fmt.Errorf("%w: sandbox: %s: %w", payment.ErrUnavailable, operation, err)
}
