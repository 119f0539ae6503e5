package store

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"gorm.io/gorm"

	"galleria/modules/accounts/internal/account"
	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/events"
)

// BeginEmailChange stores the link that gives an account another address, in place of an
// earlier one. For an address of another account it does nothing.
func (s *Store) BeginEmailChange(ctx context.Context, a account.Account, email, key, token string, lasts time.Duration) error {
	now := s.now()
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		var others int64
		if err := tx.Raw("SELECT count(*) FROM accounts WHERE email_key = ? AND id <> ?", key, a.ID).Scan(&others).Error; err != nil || others > 0 {
			return err
		}
		if err := tx.Exec("DELETE FROM links WHERE account_id = ? AND kind = ? AND email_key <> ?", a.ID, changeEmail, key).Error; err != nil {
			return err
		}
		return s.mailLink(tx, linkRow{Kind: changeEmail, AccountID: a.ID, Email: email, EmailKey: key}, token, lasts, func(until time.Time) proto.Message {
			return &accountsv1.EmailChangeRequested{Email: email, Name: a.Name, Link: token, At: timestamppb.New(now), ExpiresAt: timestamppb.New(until)}
		})
	})
}

// followEmailChange gives an account the address of a link. The link stays, and opens
// nothing more, so that the same call can be answered again. False: there is no such link.
// ErrBadLink: it was used by another call, or the address has another account by now.
func (s *Store) followEmailChange(tx *gorm.DB, digest, call string) (account.Account, bool, error) {
	now := s.now()
	var links []linkRow
	err := tx.Raw("UPDATE links SET kind = ?, password = ? WHERE token_hash = ? AND kind = ? AND expires_at > ? RETURNING id, kind, account_id, email, email_key",
		known, call, digest, changeEmail, now.UnixMicro()).Scan(&links).Error
	if err != nil {
		return account.Account{}, false, err
	}
	if len(links) == 0 {
		var before []accountRow
		err := tx.Raw("SELECT "+accountColumns+" FROM accounts JOIN links ON links.account_id = accounts.id WHERE links.token_hash = ? AND links.kind = ? AND links.password = ?",
			digest, known, call).Scan(&before).Error
		if err != nil || len(before) == 0 {
			return account.Account{}, false, err
		}
		return before[0].account(), true, nil
	}
	l := links[0]
	var rows []accountRow
	if err := tx.Raw("SELECT "+accountColumns+" FROM accounts WHERE id = ? OR email_key = ?", l.AccountID, l.EmailKey).Scan(&rows).Error; err != nil {
		return account.Account{}, true, err
	}
	if len(rows) != 1 || rows[0].ID != l.AccountID {
		return account.Account{}, true, ErrBadLink
	}
	a := rows[0].account()
	if err := tx.Exec("UPDATE accounts SET email = ?, email_key = ?, verified_at = ? WHERE id = ?", l.Email, l.EmailKey, stamp(now), a.ID).Error; err != nil {
		return account.Account{}, true, err
	}
	// Links that were mailed to the address before must not open the account any more.
	if err := tx.Exec("DELETE FROM links WHERE account_id = ? AND kind = ?", a.ID, reset).Error; err != nil {
		return account.Account{}, true, err
	}
	if err := events.Append(tx, now, a.ID, &accountsv1.EmailChanged{Email: a.Email, Name: a.Name, At: timestamppb.New(now)}); err != nil {
		return account.Account{}, true, err
	}
	a.Email, a.Verified = l.Email, now.UTC()
	return a, true, nil
}

// DisableFactor removes the second factor. The sessions but one end; that one has given
// no code any more, but a passkey that was used in it still counts. False: there was none.
func (s *Store) DisableFactor(ctx context.Context, a account.Account, session string) (disabled bool, err error) {
	now := s.now()
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		done := tx.Exec("UPDATE accounts SET totp_secret = '', totp_started = '' WHERE id = ? AND totp_secret <> ''", a.ID)
		if disabled = done.RowsAffected == 1; done.Error != nil || !disabled {
			return done.Error
		}
		for _, each := range []struct {
			statement string
			arguments []any
		}{
			{"DELETE FROM recovery_codes WHERE account_id = ?", []any{a.ID}},
			{"DELETE FROM sessions WHERE account_id = ? AND id <> ?", []any{a.ID, session}},
			{"UPDATE sessions SET code_at = passkey_at, code_key = '' WHERE id = ?", []any{session}},
		} {
			if err := tx.Exec(each.statement, each.arguments...).Error; err != nil {
				return err
			}
		}
		return events.Append(tx, now, a.ID, &accountsv1.SecondFactorDisabled{Email: a.Email, Name: a.Name, At: timestamppb.New(now)})
	})
	return disabled, err
}

// Delete forgets an account and all that belongs to it. ErrLastAdmin.
func (s *Store) Delete(ctx context.Context, a account.Account) error {
	now := s.now()
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		// As in SetRole.
		var admins []string
		if err := tx.Raw("UPDATE accounts SET role = role WHERE role = 'admin' RETURNING id").Scan(&admins).Error; err != nil {
			return err
		}
		if len(admins) == 1 && admins[0] == a.ID {
			return ErrLastAdmin
		}
		for _, table := range []string{"sessions", "recovery_codes", "known_clients", "addresses", "passkeys", "links"} {
			if err := tx.Exec("DELETE FROM "+table+" WHERE account_id = ?", a.ID).Error; err != nil {
				return err
			}
		}
		gone := tx.Exec("DELETE FROM accounts WHERE id = ?", a.ID)
		if gone.Error != nil || gone.RowsAffected == 0 {
			return gone.Error
		}
		return events.Append(tx, now, a.ID, &accountsv1.AccountDeleted{Email: a.Email, Name: a.Name, At: timestamppb.New(now), AccountId: a.ID, Verified: !a.Verified.IsZero()})
	})
}
