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
)

// Why the page refuses a step.
var (
	ErrNoSession = errors.New("there is no such session at the sandbox")
	ErrEnded     = errors.New("the session can't be paid any more")
	ErrNoConsent = errors.New("the bank asked for no consent")
)

// TooSoon is a card tried before the wait after the last refusal was over.
type TooSoon struct{ Wait time.Duration }

func (t TooSoon) Error() string {
	return fmt.Sprintf("a card was refused just now: try again in %s", t.Wait)
}

const (
	// mostRefusals is how many refused cards end a session: a thief who tries stolen
	// numbers has many.
	mostRefusals = 10
	// freeRefusals cost no wait: people mistype.
	freeRefusals = 3
	mostWait     = time.Minute
)

// View is what the page shows.
type View struct {
	State                             string
	Currency                          string
	Amount                            int64
	Description, ReturnURL, CancelURL string
	Refused                           bool
	NoReturn                          bool
}

// Next is what comes after a step of the shopper.
type Next struct {
	RedirectURL  string
	NeedsConsent bool
	Declined     string
	// Ended is the payment whose session this step has ended.
	Ended string
}

// visit is a session as the shopper's steps need it.
type visit struct {
	View
	id           string
	captureLater bool
	behaviour    testcard.Behaviour
	refusals     int64
	waitUntil    int64
	paidAt       int64
}

// Session is what the page of a token shows.
func (s *Page) Session(ctx context.Context, token string) (View, error) {
	v, err := s.visit(s.db.Read(ctx), token)
	return v.View, err
}

func (s *Page) visit(db *gorm.DB, token string) (v visit, err error) {
	err = db.Raw(`SELECT id, state, currency, amount_minor, capture_later, description, return_url, cancel_url, behaviour, refusals, wait_until, paid_at
		FROM sandbox_sessions WHERE token = ?`, token).Row().Scan(&v.id, &v.State, &v.Currency, &v.Amount, &v.captureLater,
		&v.Description, &v.ReturnURL, &v.CancelURL, &v.behaviour, &v.refusals, &v.waitUntil, &v.paidAt)
	if errors.Is(err, sql.ErrNoRows) {
		return v, ErrNoSession
	}
	if err != nil {
		return v, pageAway("read a session", err)
	}
	// Without an address the way back is over: see ForgetAddresses.
	v.Refused, v.NoReturn = v.refusals > 0, v.behaviour == testcard.NoReturn || v.ReturnURL == ""
	if v.paidAt > 0 && v.State == "open" {
		v.State = "paid" // late, but the shopper has done it all
	}
	return v, nil
}

// Pay tries a card.
func (s *Page) Pay(ctx context.Context, token string, c card.Card) (next Next, err error) {
	lost := false
	err = s.step(ctx, func(tx *gorm.DB) error {
		v, err := s.visit(tx, token)
		if err != nil {
			return err
		}
		if next, err = v.next(); err != nil || next.RedirectURL != "" {
			return err
		}
		if left := time.UnixMicro(v.waitUntil).Sub(s.now()); left > 0 {
			return TooSoon{left}
		}
		v.behaviour = testcard.Of(c.Number())
		lost = v.behaviour == testcard.LostPayment
		switch code := v.behaviour.DeclineCode(); {
		case v.behaviour == testcard.Unavailable:
			return payment.ErrUnavailable
		case code != "":
			next, err = s.refuse(tx, v, c, code)
			return err
		case v.behaviour == testcard.Consent:
			next = Next{NeedsConsent: true}
			return s.update(tx, v, "state = 'consent', behaviour = ?, brand = ?, last4 = ?", string(v.behaviour), c.Brand(), c.Last4())
		}
		next, err = s.pay(tx, v, "behaviour = ?, brand = ?, last4 = ?, ", string(v.behaviour), c.Brand(), c.Last4())
		return err
	})
	if err == nil && lost && next.RedirectURL != "" {
		return Next{}, payment.ErrUnavailable
	}
	return next, s.told(err)
}

// Consent is the holder's answer to the bank.
func (s *Page) Consent(ctx context.Context, token string, yes bool) (next Next, err error) {
	err = s.step(ctx, func(tx *gorm.DB) error {
		v, err := s.visit(tx, token)
		if err != nil {
			return err
		}
		if next, err = v.next(); err != nil || next.RedirectURL != "" {
			return err
		}
		if v.State != "consent" {
			return ErrNoConsent
		}
		if yes {
			next, err = s.pay(tx, v, "")
			return err
		}
		next, err = s.refuse(tx, v, card.Card{}, "authentication_required")
		return err
	})
	return next, s.told(err)
}

// step writes what a step of the shopper changes. Of two at the same moment the
// second begins anew from what the first has made.
func (s *Page) step(ctx context.Context, do func(tx *gorm.DB) error) error {
	for {
		if err := s.db.Write(ctx, do); !errors.Is(err, errMeanwhile) {
			return err
		}
	}
}

// errMeanwhile says that a session was changed since it was read.
var errMeanwhile = errors.New("the session changed meanwhile")

// next is the answer to a step on a session that is paid or ended.
func (v visit) next() (Next, error) {
	switch v.State {
	case "open", "consent":
		return Next{}, nil
	case "paid", "held":
		if v.NoReturn {
			return Next{RedirectURL: PagePath}, nil // the caller adds the token
		}
		return Next{RedirectURL: v.ReturnURL}, nil
	}
	return Next{}, ErrEnded
}

// pay makes the payment, at once or late, and has a webhook sent. What is to be noted
// of the card goes into the same statement.
func (s *Page) pay(tx *gorm.DB, v visit, card string, values ...any) (Next, error) {
	state, at := "paid", s.now()
	if v.captureLater {
		state = "held"
	}
	if v.behaviour == testcard.Late {
		// The job that sends the webhook makes the payment then.
		state, at = "open", at.Add(s.lateBy)
	}
	database.Announce(tx, webhookWork)
	err := s.update(tx, v, card+"state = ?, paid_at = ?, notify_at = ?, disputed = ?",
		append(values, state, at.UnixMicro(), at.UnixMicro(), v.behaviour == testcard.Dispute)...)
	v.State, v.NoReturn = "paid", v.behaviour == testcard.NoReturn || v.ReturnURL == ""
	if err != nil {
		return Next{}, err
	}
	return v.next()
}

// refuse counts a refused card. The wait before the next one grows, and in the end
// the session does.
func (s *Page) refuse(tx *gorm.DB, v visit, c card.Card, code string) (Next, error) {
	next := Next{Declined: code}
	refusals, state, wait := v.refusals+1, "open", time.Duration(0)
	for i := int64(freeRefusals); i <= refusals; i++ {
		wait = min(max(2*wait, time.Second), mostWait)
	}
	notify := int64(0)
	if refusals >= mostRefusals {
		state, notify, next.Ended = "cancelled", s.now().UnixMicro(), v.id
	}
	database.Announce(tx, webhookWork)
	return next, s.update(tx, v, "state = ?, behaviour = ?, brand = ?, last4 = ?, decline_code = ?, refusals = ?, wait_until = ?, notify_at = ?",
		state, string(v.behaviour), c.Brand(), c.Last4(), code, refusals, s.now().Add(wait).UnixMicro(), notify)
}

// update changes a session, unless it was changed since it was read.
func (s *Page) update(tx *gorm.DB, v visit, set string, values ...any) error {
	done := tx.Exec("UPDATE sandbox_sessions SET "+set+" WHERE id = ? AND state = ? AND refusals = ? AND paid_at = 0",
		append(values, v.id, v.State, v.refusals)...)
	if done.Error == nil && done.RowsAffected == 0 {
		return errMeanwhile
	}
	return done.Error
}

// told leaves errors that have words as they are.
func (s *Page) told(err error) error {
	var soon TooSoon
	if err == nil || errors.As(err, &soon) || errors.Is(err, ErrNoSession) || errors.Is(err, ErrEnded) || errors.Is(err, ErrNoConsent) ||
		errors.Is(err, payment.ErrUnavailable) {
		return err
	}
	return pageAway("pay", err)
}
