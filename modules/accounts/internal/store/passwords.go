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

// BeginReset stores the link that sets a new password, if the address has an account.
func (s *Store) BeginReset(ctx context.Context, key, token string, lasts time.Duration) error {
	now := s.now()
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		var there []accountRow
		if err := tx.Raw("SELECT "+accountColumns+" FROM accounts WHERE email_key = ?", key).Scan(&there).Error; err != nil || len(there) == 0 {
			return err
		}
		a := there[0]
		return s.mailLink(tx, linkRow{Kind: reset, AccountID: a.ID, Email: a.Email, EmailKey: key}, token, lasts, func(until time.Time) proto.Message {
			return &accountsv1.ResetRequested{Email: a.Email, Name: a.Name, Link: token, At: timestamppb.New(now), ExpiresAt: timestamppb.New(until)}
		})
	})
}

// LinkOfReset is the account that a link sets a new password of. ErrBadLink.
func (s *Store) LinkOfReset(ctx context.Context, digest string) (account.Account, error) {
	var ids []string
	err := s.db.Read(ctx).Raw("SELECT account_id FROM links WHERE token_hash = ? AND kind = ? AND expires_at > ?", digest, reset, s.now().UnixMicro()).Scan(&ids).Error
	if err == nil && len(ids) == 0 {
		err = ErrBadLink
	}
	if err != nil {
		return account.Account{}, err
	}
	a, found, err := s.ByID(ctx, ids[0])
	if err == nil && !found {
		err = ErrBadLink
	}
	return a, err
}

// FollowReset sets a password by a link. Who has read the mail has the address: it is
// verified by that. ErrBadLink.
func (s *Store) FollowReset(ctx context.Context, digest, password string) error {
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		l, err := s.take(tx, digest, reset)
		if err != nil {
			return err
		}
		if err := tx.Exec("UPDATE accounts SET verified_at = ? WHERE id = ? AND verified_at = 0 AND email_key = ?", stamp(s.now()), l.AccountID, l.EmailKey).Error; err != nil {
			return err
		}
		return s.setPassword(tx, l.AccountID, password, "")
	})
}

// SetPassword gives an account another password; all sessions but one end.
func (s *Store) SetPassword(ctx context.Context, id, password, but string) error {
	return s.db.Write(ctx, func(tx *gorm.DB) error { return s.setPassword(tx, id, password, but) })
}

func (s *Store) setPassword(tx *gorm.DB, id, password, but string) error {
	now := s.now()
	var changed []struct{ Email, Name string }
	if err := tx.Raw("UPDATE accounts SET password = ?, changed_at = ? WHERE id = ? RETURNING email, name", password, stamp(now), id).Scan(&changed).Error; err != nil {
		return err
	}
	if len(changed) == 0 {
		return ErrNoAccount
	}
	if err := tx.Exec("DELETE FROM sessions WHERE account_id = ? AND id <> ?", id, but).Error; err != nil {
		return err
	}
	if err := tx.Exec("DELETE FROM links WHERE account_id = ? AND kind IN ?", id, []string{reset, changeEmail}).Error; err != nil {
		return err
	}
	return events.Append(tx, now, id, &accountsv1.PasswordChanged{Email: changed[0].Email, Name: changed[0].Name, At: timestamppb.New(now)})
}
