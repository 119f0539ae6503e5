package store

import (
	"context"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"
	"gorm.io/gorm"

	"galleria/modules/accounts/internal/account"
	"galleria/modules/accounts/internal/passkey"
	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/events"
)

// Passkey is a passkey of an account.
type Passkey struct {
	ID, AccountID, Name string
	Key                 passkey.Key
	Created, Used       time.Time
}

// passkeyRow is a row of the table.
type passkeyRow struct {
	ID, AccountID, CredentialID, PublicKey, Name, Transports string
	BackedUp, SignCount, CreatedAt, UsedAt                   int64
}

const passkeyColumns = "id, account_id, credential_id, public_key, name, transports, backed_up, sign_count, created_at, used_at"

func (r passkeyRow) passkey() Passkey {
	return Passkey{
		ID: r.ID, AccountID: r.AccountID, Name: r.Name, Created: moment(r.CreatedAt), Used: moment(r.UsedAt),
		Key: passkey.Key{
			CredentialID: r.CredentialID, PublicKey: r.PublicKey, Transports: strings.Fields(r.Transports), BackedUp: r.BackedUp == 1, Count: uint32(r.SignCount),
		},
	}
}

// Passkeys lists those of an account, the newest first.
func (s *Store) Passkeys(ctx context.Context, accountID string) ([]Passkey, error) {
	return passkeysIn(s.db.Read(ctx), "account_id = ? ORDER BY created_at DESC, id DESC", accountID)
}

// PasskeyBy finds a passkey by its credential id.
func (s *Store) PasskeyBy(ctx context.Context, credentialID string) (Passkey, bool, error) {
	found, err := passkeysIn(s.db.Read(ctx), "credential_id = ?", credentialID)
	if err != nil || len(found) == 0 {
		return Passkey{}, false, err
	}
	return found[0], true, nil
}

func passkeysIn(tx *gorm.DB, condition, value string) ([]Passkey, error) {
	var rows []passkeyRow
	if err := tx.Raw("SELECT "+passkeyColumns+" FROM passkeys WHERE "+condition, value).Scan(&rows).Error; err != nil {
		return nil, err
	}
	all := make([]Passkey, len(rows))
	for i, r := range rows {
		all[i] = r.passkey()
	}
	return all, nil
}

// UsedChallenge is a challenge that a call uses up, by their digests.
type UsedChallenge struct {
	Challenge, Call string
	Until           time.Time
}

// useUp notes that a challenge was used. ErrUsed: by another call. repeated: by this one.
func useUp(tx *gorm.DB, u UsedChallenge) (repeated bool, err error) {
	done := tx.Exec("INSERT INTO used_challenges (challenge_hash, call_hash, expires_at) VALUES (?, ?, ?) ON CONFLICT (challenge_hash) DO NOTHING", u.Challenge, u.Call, stamp(u.Until))
	if done.Error != nil || done.RowsAffected == 1 {
		return false, done.Error
	}
	var same int64
	if err := tx.Raw("SELECT count(*) FROM used_challenges WHERE challenge_hash = ? AND call_hash = ?", u.Challenge, u.Call).Scan(&same).Error; err != nil {
		return false, err
	}
	if same == 0 {
		return false, ErrUsed
	}
	return true, nil
}

// AddPasskey keeps a passkey of an account, once for a challenge. ErrUsed, ErrManyPasskeys;
// ErrTaken: another account has its credential id, or this one has it already.
func (s *Store) AddPasskey(ctx context.Context, a account.Account, name string, k passkey.Key, u UsedChallenge) (added Passkey, first bool, err error) {
	now := s.now()
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		// The account is locked first, so that two calls can't each add the last one.
		if err := tx.Exec("UPDATE accounts SET name = name WHERE id = ?", a.ID).Error; err != nil {
			return err
		}
		repeated, err := useUp(tx, u)
		if err != nil {
			return err
		}
		there, err := passkeysIn(tx, "account_id = ?", a.ID)
		if err != nil {
			return err
		}
		for _, each := range there {
			if repeated && each.Key.CredentialID == k.CredentialID {
				added = each
				return nil
			}
		}
		if len(there) >= passkey.Most {
			return ErrManyPasskeys
		}
		added = Passkey{ID: newID(), AccountID: a.ID, Name: name, Key: k, Created: now.UTC().Truncate(time.Microsecond)}
		backedUp := 0
		if k.BackedUp {
			backedUp = 1
		}
		done := tx.Exec("INSERT INTO passkeys ("+passkeyColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT (credential_id) DO NOTHING",
			added.ID, a.ID, k.CredentialID, k.PublicKey, name, strings.Join(k.Transports, " "), backedUp, int64(k.Count), stamp(now))
		if done.Error == nil && done.RowsAffected == 0 {
			return ErrTaken
		}
		if done.Error != nil {
			return done.Error
		}
		first = true
		return events.Append(tx, now, a.ID, &accountsv1.PasskeyAdded{Email: a.Email, Name: a.Name, At: timestamppb.New(now), Passkey: name})
	})
	return added, first, err
}

// RemovePasskey forgets a passkey of an account; all sessions but one end. When it was the
// last one, no passkey was used in that one any more, and without codes no second factor was
// given. False: there was no such passkey.
func (s *Store) RemovePasskey(ctx context.Context, a account.Account, id, session string) (removed bool, err error) {
	now := s.now()
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		var names []string
		if err := tx.Raw("DELETE FROM passkeys WHERE account_id = ? AND id = ? RETURNING name", a.ID, id).Scan(&names).Error; err != nil {
			return err
		}
		if removed = len(names) == 1; !removed {
			return nil
		}
		if err := tx.Exec("DELETE FROM sessions WHERE account_id = ? AND id <> ?", a.ID, session).Error; err != nil {
			return err
		}
		last := tx.Exec(`UPDATE sessions SET passkey_at = 0, code_at = CASE WHEN (SELECT totp_secret FROM accounts WHERE id = ?) = '' THEN 0 ELSE code_at END
			WHERE id = ? AND NOT EXISTS (SELECT 1 FROM passkeys WHERE account_id = ?)`, a.ID, session, a.ID)
		if last.Error != nil {
			return last.Error
		}
		return events.Append(tx, now, a.ID, &accountsv1.PasskeyRemoved{Email: a.Email, Name: a.Name, At: timestamppb.New(now), Passkey: names[0]})
	})
	return removed, err
}

// BeginByPasskey opens a session by a passkey, once for a challenge. ErrUsed; ErrCounted:
// the passkey was removed meanwhile, or its count is not above that of its last use, so
// that it may have been copied.
func (s *Store) BeginByPasskey(ctx context.Context, p Passkey, count uint32, u UsedChallenge, n NewSession) (expires time.Time, err error) {
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		repeated, err := useUp(tx, u)
		if err != nil {
			return err
		}
		if repeated {
			begun, found, err := s.sessionIn(tx, n.Digest)
			if err == nil && !found {
				err = ErrUsed // it has ended meanwhile
			}
			expires = begun.Expires
			return err
		}
		if err := s.countUse(tx, p, count); err != nil {
			return err
		}
		expires, err = s.begin(tx, n)
		return err
	})
	return expires, err
}

// ConfirmByPasskey notes that a passkey was used in a session, once for a challenge. ErrUsed
// and ErrCounted, as in BeginByPasskey; ErrNoSession: it has ended.
func (s *Store) ConfirmByPasskey(ctx context.Context, p Passkey, count uint32, u UsedChallenge, session string) error {
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		if repeated, err := useUp(tx, u); err != nil || repeated {
			return err
		}
		if err := s.countUse(tx, p, count); err != nil {
			return err
		}
		noted := tx.Exec("UPDATE sessions SET code_at = ?, passkey_at = ? WHERE id = ? AND account_id = ?", stamp(s.now()), stamp(s.now()), session, p.AccountID)
		if noted.Error == nil && noted.RowsAffected == 0 {
			return ErrNoSession
		}
		return noted.Error
	})
}

// countUse notes a use of a passkey, with the authenticator's count of it. ErrCounted.
func (s *Store) countUse(tx *gorm.DB, p Passkey, count uint32) error {
	above := "sign_count < ?"
	if count == 0 {
		above = "sign_count = ?" // an authenticator that never counted does not begin to go back
	}
	done := tx.Exec("UPDATE passkeys SET sign_count = ?, used_at = ? WHERE id = ? AND "+above, int64(count), stamp(s.now()), p.ID, int64(count))
	if done.Error == nil && done.RowsAffected == 0 {
		return ErrCounted
	}
	return done.Error
}
