package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"galleria/modules/accounts/internal/account"
)

// accountRow is a row of the table.
type accountRow struct {
	ID, Email, EmailKey, Name, Password, Role, TOTPSecret, TOTPStarted string
	VerifiedAt, CreatedAt                                              int64
}

const accountColumns = "accounts.id AS id, accounts.email AS email, accounts.email_key AS email_key, accounts.name AS name, accounts.password AS password, " +
	"accounts.role AS role, accounts.verified_at AS verified_at, accounts.totp_secret AS totp_secret, accounts.totp_started AS totp_started, accounts.created_at AS created_at"

func (r accountRow) account() account.Account {
	return account.Account{
		ID: r.ID, Email: r.Email, Name: r.Name, Password: r.Password, Role: account.Role(r.Role),
		Verified: moment(r.VerifiedAt), TOTPSecret: r.TOTPSecret, TOTPStarted: r.TOTPStarted, Created: moment(r.CreatedAt),
	}
}

// ByKey finds an account by its address, spelt one way.
func (s *Store) ByKey(ctx context.Context, key string) (account.Account, bool, error) {
	return s.one(ctx, "email_key = ?", key)
}

// ByID finds an account.
func (s *Store) ByID(ctx context.Context, id string) (account.Account, bool, error) {
	return s.one(ctx, "id = ?", id)
}

func (s *Store) one(ctx context.Context, condition string, value string) (account.Account, bool, error) {
	var rows []accountRow
	err := s.db.Read(ctx).Raw("SELECT "+accountColumns+" FROM accounts WHERE "+condition, value).Scan(&rows).Error
	if err != nil || len(rows) == 0 {
		return account.Account{}, false, err
	}
	return rows[0].account(), true, nil
}

// Create makes an account of a person, whose password is hashed. ErrTaken.
func (s *Store) Create(ctx context.Context, p account.Person, role account.Role) (account.Account, error) {
	a := account.Account{ID: newID(), Email: p.Email, Name: p.Name, Password: p.Password, Role: role, Created: s.now().UTC()}
	return a, s.db.Write(ctx, func(tx *gorm.DB) error { return insertAccount(tx, a, p.Key) })
}

func insertAccount(tx *gorm.DB, a account.Account, key string) error {
	made := tx.Exec(`INSERT INTO accounts (id, email, email_key, name, password, role, verified_at, created_at, changed_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (email_key) DO NOTHING`,
		a.ID, a.Email, key, a.Name, a.Password, string(a.Role), stamp(a.Verified), stamp(a.Created), stamp(a.Created))
	if made.Error == nil && made.RowsAffected == 0 {
		return ErrTaken
	}
	return made.Error
}

// Page lists accounts, newest first, below an id.
func (s *Store) Page(ctx context.Context, query string, atLeast account.Role, below string, most int) ([]account.Account, error) {
	read := s.db.Read(ctx).Table("accounts").Select(accountColumns).Order("id DESC").Limit(most)
	if below != "" {
		read = read.Where("id < ?", below)
	}
	if atLeast != account.Customer {
		read = read.Where("role IN ?", atLeast.AtLeast())
	}
	if query != "" {
		inEmail, value := s.db.Containing("email", query)
		inName, _ := s.db.Containing("name", query)
		read = read.Where("("+inEmail+" OR "+inName+")", value, value)
	}
	var rows []accountRow
	if err := read.Scan(&rows).Error; err != nil {
		return nil, err
	}
	all := make([]account.Account, len(rows))
	for i, r := range rows {
		all[i] = r.account()
	}
	return all, nil
}

// SetRole gives an account another role and ends its sessions. ErrNoAccount,
// ErrLastAdmin.
func (s *Store) SetRole(ctx context.Context, id string, role account.Role) (account.Account, error) {
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		// All administrators are locked first, in one order: two calls can't each take
		// away the last but one.
		var admins []string
		if err := tx.Raw("UPDATE accounts SET role = role WHERE role = 'admin' RETURNING id").Scan(&admins).Error; err != nil {
			return err
		}
		if role != account.Admin && len(admins) == 1 && admins[0] == id {
			return ErrLastAdmin
		}
		changed := tx.Exec("UPDATE accounts SET role = ? WHERE id = ? AND role <> ?", string(role), id, string(role))
		if changed.Error != nil || changed.RowsAffected == 0 {
			return changed.Error
		}
		return tx.Exec("DELETE FROM sessions WHERE account_id = ?", id).Error
	})
	if err != nil {
		return account.Account{}, err
	}
	a, found, err := s.ByID(ctx, id)
	if err == nil && !found {
		err = ErrNoAccount
	}
	return a, err
}

// TakeStep notes the time step of a code that was good, once. False: it, or a later
// one, was taken before.
func (s *Store) TakeStep(ctx context.Context, id string, step int64) (taken bool, err error) {
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		done := tx.Exec("UPDATE accounts SET totp_step = ? WHERE id = ? AND totp_step < ?", step, id, step)
		taken = done.RowsAffected == 1
		return done.Error
	})
	return taken, err
}

// TakeRecoveryCode uses up a recovery code. False: there is no such code.
func (s *Store) TakeRecoveryCode(ctx context.Context, id, digest string) (taken bool, err error) {
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		done := tx.Exec("DELETE FROM recovery_codes WHERE account_id = ? AND code_hash = ?", id, digest)
		taken = done.RowsAffected == 1
		return done.Error
	})
	return taken, err
}

// clientsFor is how long a client is known to an account after the last log-in.
const clientsFor = 90 * 24 * time.Hour

// KnowsClient tells whether the account was logged in to from a client.
func (s *Store) KnowsClient(ctx context.Context, id, client string) (bool, error) {
	var n int64
	err := s.db.Read(ctx).Raw("SELECT count(*) FROM known_clients WHERE account_id = ? AND client = ? AND last_at > ?",
		id, client, s.now().Add(-clientsFor).UnixMicro()).Scan(&n).Error
	return n > 0, err
}
