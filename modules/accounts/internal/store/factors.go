package store

import (
	"context"

	"gorm.io/gorm"
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
func (s *Store) EnableFactor(ctx context.Context, id, secret string, step int64, codes []string, session, call string) (enabled bool, err error) {
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		done := tx.Exec("UPDATE accounts SET totp_secret = totp_started, totp_started = '', totp_step = ? WHERE id = ? AND totp_secret = '' AND totp_started = ?", step, id, secret)
		if enabled = done.RowsAffected == 1; done.Error != nil || !enabled {
			return done.Error
		}
		if err := tx.Exec("DELETE FROM recovery_codes WHERE account_id = ?", id).Error; err != nil {
			return err
		}
		for _, code := range codes {
			if err := tx.Exec("INSERT INTO recovery_codes (account_id, code_hash) VALUES (?, ?)", id, code).Error; err != nil {
				return err
			}
		}
		if err := tx.Exec("UPDATE sessions SET code_at = ?, code_key = ? WHERE id = ?", s.now().UnixMicro(), call, session).Error; err != nil {
			return err
		}
		return tx.Exec("DELETE FROM sessions WHERE account_id = ? AND id <> ?", id, session).Error
	})
	return enabled, err
}
