package store

import (
	"cmp"
	"context"
	"errors"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"gorm.io/gorm"

	"galleria/modules/accounts/internal/account"
	"galleria/modules/accounts/internal/secret"
	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/events"
)

// The kinds of links.
const (
	signUp      = "sign_up"
	known       = "known"
	reset       = "reset"
	changeEmail = "email"
)

// linkRow is a row of the table.
type linkRow struct {
	ID, Kind, AccountID, Email, EmailKey, Name, Password string
}

// BeginSignUp stores the link of a sign-up, in place of an earlier one for the address,
// and publishes it; for an address with an account it publishes that instead.
func (s *Store) BeginSignUp(ctx context.Context, p account.Person, token string, lasts time.Duration) error {
	now := s.now()
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		var there []accountRow
		if err := tx.Raw("SELECT "+accountColumns+" FROM accounts WHERE email_key = ?", p.Key).Scan(&there).Error; err != nil {
			return err
		}
		if len(there) > 0 {
			a := there[0]
			return s.mailLink(tx, linkRow{Kind: known, AccountID: a.ID, Email: p.Email, EmailKey: p.Key}, token, lasts, func(time.Time) proto.Message {
				return &accountsv1.SignUpRepeated{Email: a.Email, Name: a.Name, At: timestamppb.New(now)}
			})
		}
		return s.mailLink(tx, linkRow{Kind: signUp, Email: p.Email, EmailKey: p.Key, Name: p.Name, Password: p.Password}, token, lasts,
			func(until time.Time) proto.Message {
				return &accountsv1.SignUpStarted{Email: p.Email, Name: p.Name, Link: token, At: timestamppb.New(now), ExpiresAt: timestamppb.New(until)}
			})
	})
}

// mailLink stores a link in place of earlier ones of its kind for the address, and
// publishes the event that has it mailed: the only place where the token itself stands.
// A link that is there already was mailed by the same call.
func (s *Store) mailLink(tx *gorm.DB, l linkRow, token string, lasts time.Duration, event func(until time.Time) proto.Message) error {
	now := s.now()
	l.ID = newID()
	until := now.Add(lasts)
	made := tx.Exec(`INSERT INTO links (token_hash, id, kind, account_id, email, email_key, name, password, created_at, expires_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		secret.Digest(token), l.ID, l.Kind, l.AccountID, l.Email, l.EmailKey, l.Name, l.Password, stamp(now), stamp(until))
	if made.Error != nil || made.RowsAffected == 0 {
		return made.Error
	}
	if err := tx.Exec("DELETE FROM links WHERE email_key = ? AND kind = ? AND account_id = ? AND id <> ?", l.EmailKey, l.Kind, l.AccountID, l.ID).Error; err != nil {
		return err
	}
	return events.Append(tx, now, l.ID, event(until))
}

// take uses up a link of one of the kinds. ErrBadLink.
func (s *Store) take(tx *gorm.DB, digest string, kinds ...string) (linkRow, error) {
	var rows []linkRow
	err := tx.Raw("DELETE FROM links WHERE token_hash = ? AND kind IN ? AND expires_at > ? RETURNING id, kind, account_id, email, email_key, name, password",
		digest, kinds, s.now().UnixMicro()).Scan(&rows).Error
	if err == nil && len(rows) == 0 {
		err = ErrBadLink
	}
	if err != nil {
		return linkRow{}, err
	}
	return rows[0], nil
}

// FollowLink makes the account of a sign-up and a session of it, or gives an account the
// address it is to have, without a session; inSession tells which. ErrBadLink, also when
// the address got another account meanwhile.
func (s *Store) FollowLink(ctx context.Context, digest string, n NewSession) (a account.Account, inSession bool, err error) {
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		inSession = true
		changed, found, err := s.followEmailChange(tx, digest, n.Digest)
		if found || err != nil {
			a, inSession = changed, false
			return err
		}
		l, err := s.take(tx, digest, signUp)
		if errors.Is(err, ErrBadLink) {
			// The same call may have followed it.
			before, there, lookErr := s.sessionIn(tx, n.Digest)
			if there {
				a, err = before.Account, nil
			}
			return cmp.Or(lookErr, err)
		}
		if err != nil {
			return err
		}
		now := s.now().UTC().Truncate(time.Microsecond)
		a = account.Account{ID: newID(), Email: l.Email, Name: l.Name, Password: l.Password, Role: account.Customer, Verified: now, Created: now}
		if err := insertAccount(tx, a, l.EmailKey); errors.Is(err, ErrTaken) {
			return ErrBadLink
		} else if err != nil {
			return err
		}
		n.Account = a.ID
		_, err = s.begin(tx, n)
		return err
	})
	return a, inSession, err
}
