package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"galleria/modules/accounts/internal/account"
)

// hasAdmin tells whether there is an administrator.
func hasAdmin(tx *gorm.DB) (bool, error) {
	var n int64
	err := tx.Raw("SELECT count(*) FROM accounts WHERE role = 'admin'").Scan(&n).Error
	return n > 0, err
}

// OfferFirstAdmin stores the link that makes the first administrator, in place of an
// earlier one. ErrHasAdmin.
func (s *Store) OfferFirstAdmin(ctx context.Context, digest string, until time.Time) error {
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		// The row is written first, so that links are offered and used one after the other.
		err := tx.Exec(`INSERT INTO first_admin (id, token_hash, expires_at) VALUES ('first', ?, ?)
			ON CONFLICT (id) DO UPDATE SET token_hash = excluded.token_hash, expires_at = excluded.expires_at, account_id = '', call_hash = ''`, digest, stamp(until)).Error
		if err != nil {
			return err
		}
		there, err := hasAdmin(tx)
		if err == nil && there {
			err = ErrHasAdmin
		}
		return err
	})
}

// FirstAdminLink tells whether a link makes an administrator, or has made one by this call.
// ErrBadLink.
func (s *Store) FirstAdminLink(ctx context.Context, digest, call string) error {
	var n int64
	err := s.db.Read(ctx).Raw("SELECT count(*) FROM first_admin WHERE token_hash = ? AND expires_at > ? AND (account_id = '' OR call_hash = ?)",
		digest, s.now().UnixMicro(), call).Scan(&n).Error
	if err == nil && n == 0 {
		err = ErrBadLink
	}
	return err
}

// CreateFirstAdmin makes the first administrator by a link, and a session. ErrBadLink,
// ErrHasAdmin, ErrTaken.
func (s *Store) CreateFirstAdmin(ctx context.Context, digest, call string, p account.Person, n NewSession) (a account.Account, expires time.Time, err error) {
	now := s.now()
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		a = account.Account{ID: newID(), Email: p.Email, Name: p.Name, Password: p.Password, Role: account.Admin, Created: now.UTC()}
		// Of calls at once, the first to write the row has the link.
		taken := tx.Exec("UPDATE first_admin SET account_id = ?, call_hash = ? WHERE token_hash = ? AND account_id = '' AND expires_at > ?", a.ID, call, digest, now.UnixMicro())
		if taken.Error != nil {
			return taken.Error
		}
		if taken.RowsAffected == 0 {
			// The same call may have used it.
			before, found, err := s.sessionIn(tx, n.Digest)
			if err == nil && !found {
				err = ErrBadLink
			}
			a, expires = before.Account, before.Expires
			return err
		}
		there, err := hasAdmin(tx)
		if err != nil {
			return err
		}
		if there {
			return ErrHasAdmin
		}
		if err := insertAccount(tx, a, p.Key); err != nil {
			return err
		}
		n.Account = a.ID
		expires, err = s.begin(tx, n)
		return err
	})
	return a, expires, err
}
