package store

import (
	"context"

	"gorm.io/gorm"

	"galleria/modules/accounts/internal/account"
)

const addressColumns = "id, name, line1, line2, city, region, postal_code, country"

// SetName changes the name of an account.
func (s *Store) SetName(ctx context.Context, id, name string) error {
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		return tx.Exec("UPDATE accounts SET name = ? WHERE id = ?", name, id).Error
	})
}

// Addresses lists those of an account: the one that is used first, then the newest.
func (s *Store) Addresses(ctx context.Context, accountID string) (all []account.Address, err error) {
	err = s.db.Read(ctx).Raw("SELECT "+addressColumns+" FROM addresses WHERE account_id = ? ORDER BY first_at DESC, created_at DESC, id", accountID).Scan(&all).Error
	return all, err
}

// AddAddress keeps a new address, whose id the call makes. ErrTooMany.
func (s *Store) AddAddress(ctx context.Context, accountID string, a account.Address) error {
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		// The account is locked first, so that two calls can't each add the last one.
		if err := tx.Exec("UPDATE accounts SET name = name WHERE id = ?", accountID).Error; err != nil {
			return err
		}
		var there []string
		if err := tx.Raw("SELECT id FROM addresses WHERE account_id = ?", accountID).Scan(&there).Error; err != nil {
			return err
		}
		for _, id := range there {
			if id == a.ID {
				return nil // the same call has added it
			}
		}
		if len(there) >= account.MostAddresses {
			return ErrTooMany
		}
		now, first := s.now().UnixMicro(), int64(0)
		if len(there) == 0 {
			first = now
		}
		return tx.Exec("INSERT INTO addresses (account_id, "+addressColumns+", created_at, first_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			accountID, a.ID, a.Name, a.Line1, a.Line2, a.City, a.Region, a.PostalCode, a.Country, now, first).Error
	})
}

// ChangeAddress replaces an address of an account. ErrNoAddress.
func (s *Store) ChangeAddress(ctx context.Context, accountID string, a account.Address) error {
	return s.onAddress(ctx, "UPDATE addresses SET name = ?, line1 = ?, line2 = ?, city = ?, region = ?, postal_code = ?, country = ? WHERE account_id = ? AND id = ?",
		a.Name, a.Line1, a.Line2, a.City, a.Region, a.PostalCode, a.Country, accountID, a.ID)
}

// UseAddressFirst makes an address of an account the first one. ErrNoAddress.
func (s *Store) UseAddressFirst(ctx context.Context, accountID, id string) error {
	return s.onAddress(ctx, "UPDATE addresses SET first_at = ? WHERE account_id = ? AND id = ?", s.now().UnixMicro(), accountID, id)
}

func (s *Store) onAddress(ctx context.Context, statement string, arguments ...any) error {
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		done := tx.Exec(statement, arguments...)
		if done.Error == nil && done.RowsAffected == 0 {
			return ErrNoAddress
		}
		return done.Error
	})
}

// DeleteAddress forgets an address of an account.
func (s *Store) DeleteAddress(ctx context.Context, accountID, id string) error {
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		return tx.Exec("DELETE FROM addresses WHERE account_id = ? AND id = ?", accountID, id).Error
	})
}
