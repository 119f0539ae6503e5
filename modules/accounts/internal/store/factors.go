package store

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"
	"gorm.io/gorm"

	"galleria/modules/accounts/internal/account"
	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/events"
)

// StartFactor keeps the secret of a second factor that no code was seen of yet.
func (s *Store) StartFactor(ctx context.Context, id, secret string) error {
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		return tx.Exec("UPDATE accounts SET totp_started = ? WHERE id = ? AND totp_secret = ''", secret, id).Error
	})
}

// EnableFactor makes the secret that was started that of the second factor, with
// recovery codes, by their digests, in place of any others. The session has given a
// code, by a call, and all others of the account end. False: that secret is not the one
// that was started, or another is in use.
func (s *Store) EnableFactor(ctx context.Context, a account.Account, secret string, step int64, codes []string, session, call string) (enabled bool, err error) {
	now := s.now()
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		done := tx.Exec("UPDATE accounts SET totp_secret = totp_started, totp_started = '', totp_step = ? WHERE id = ? AND totp_secret = '' AND totp_started = ?", step, a.ID, secret)
		if enabled = done.RowsAffected == 1; done.Error != nil || !enabled {
			return done.Error
		}
		if err := tx.Exec("DELETE FROM recovery_codes WHERE account_id = ?", a.ID).Error; err != nil {
			return err
		}
		for _, code := range codes {
			if err := tx.Exec("INSERT INTO recovery_codes (account_id, code_hash) VALUES (?, ?)", a.ID, code).Error; err != nil {
				return err
			}
		}
		if err := tx.Exec("UPDATE sessions SET code_at = ?, code_key = ? WHERE id = ?", stamp(now), call, session).Error; err != nil {
			return err
		}
		if err := tx.Exec("DELETE FROM sessions WHERE account_id = ? AND id <> ?", a.ID, session).Error; err != nil {
			return err
		}
		return events.Append(tx, now, a.ID, &accountsv1.SecondFactorEnabled{Email: a.Email, Name: a.Name, At: timestamppb.New(now)})
	})
	return enabled, err
}
