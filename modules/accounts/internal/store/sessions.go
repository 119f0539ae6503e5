package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"galleria/modules/accounts/internal/account"
)

// Session is a log-in that has not ended.
type Session struct {
	ID, Client, Device     string
	Account                account.Account
	Created, Used, Expires time.Time
	// CodeAt is when a code of the second factor or a passkey was given; zero: never.
	CodeAt time.Time
	// PasskeyAt is when a passkey was last used in it; zero: never, or the account has none
	// any more.
	PasskeyAt time.Time
	// CodeCall is the call that gave it.
	CodeCall string
}

// sessionRow is a session with its account.
type sessionRow struct {
	SessionID, Client, Device, CodeKey string
	StartedAt, UsedAt, CodeAt          int64
	PasskeyAt, EndsAt                  int64
	Account                            accountRow `gorm:"embedded"`
}

const sessionColumns = "sessions.id AS session_id, sessions.client AS client, sessions.device AS device, sessions.created_at AS started_at, " +
	"sessions.used_at AS used_at, sessions.code_at AS code_at, sessions.passkey_at AS passkey_at, sessions.code_key AS code_key, sessions.expires_at AS ends_at, " + accountColumns

func (r sessionRow) session() Session {
	return Session{
		ID: r.SessionID, Client: r.Client, Device: r.Device, Account: r.Account.account(),
		Created: moment(r.StartedAt), Used: moment(r.UsedAt), Expires: moment(r.EndsAt), CodeAt: moment(r.CodeAt), PasskeyAt: moment(r.PasskeyAt), CodeCall: r.CodeKey,
	}
}

// NewSession is a session to begin.
type NewSession struct {
	Digest, Account, Client, Device string
	// ClientKey is the client as known_clients has it; "": it is not known who it is.
	ClientKey string
	// CodeGiven says that a code of the second factor was good, Passkey that it is opened by
	// a passkey.
	CodeGiven, Passkey bool
	Lifetimes          account.Lifetimes
}

// ErrEnded: the session was there, and has ended. It never begins again.
var ErrEnded = errors.New("the session has ended")

// ErrChanged: the account is not as the log-in saw it.
var ErrChanged = errors.New("the account has changed since")

// Begin stores a session of an account, once: ErrEnded when it was there before and is no
// more. ErrChanged: the account has another password, second factor or role by now than
// the log-in saw. That change has ended the sessions, and must not miss this one.
func (s *Store) Begin(ctx context.Context, seen account.Account, n NewSession) (expires time.Time, err error) {
	n.Account = seen.ID
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		// Writing the row makes those who change the account wait, and then end this session.
		same := tx.Exec("UPDATE accounts SET name = name WHERE id = ? AND password = ? AND totp_secret = ? AND role = ?",
			seen.ID, seen.Password, seen.TOTPSecret, string(seen.Role))
		if same.Error == nil && same.RowsAffected == 0 {
			return ErrChanged
		}
		if same.Error != nil {
			return same.Error
		}
		given := tx.Exec("INSERT INTO given_sessions (token_hash, expires_at) VALUES (?, ?) ON CONFLICT DO NOTHING", n.Digest, stamp(s.now().Add(n.Lifetimes.Longest)))
		if given.Error != nil {
			return given.Error
		}
		if given.RowsAffected == 0 {
			if begun, found, err := s.sessionIn(tx, n.Digest); err != nil || found {
				expires = begun.Expires
				return err
			}
			return ErrEnded
		}
		expires, err = s.begin(tx, n)
		return err
	})
	return expires, err
}

// HasEnded tells whether a session was there, and is no more.
func (s *Store) HasEnded(ctx context.Context, digest string) (bool, error) {
	tx := s.db.Read(ctx)
	var given int64
	if err := tx.Raw("SELECT COUNT(*) FROM given_sessions WHERE token_hash = ?", digest).Scan(&given).Error; err != nil || given == 0 {
		return false, err
	}
	_, found, err := s.sessionIn(tx, digest)
	return !found, err
}

func (s *Store) begin(tx *gorm.DB, n NewSession) (expires time.Time, err error) {
	now := s.now()
	expires = now.Add(n.Lifetimes.Longest).UTC().Truncate(time.Microsecond)
	var codeAt, passkeyAt time.Time
	if n.CodeGiven || n.Passkey {
		codeAt = now
	}
	if n.Passkey {
		passkeyAt = now
	}
	err = tx.Exec(`INSERT INTO sessions (token_hash, id, account_id, client, device, created_at, used_at, code_at, passkey_at, idle_until, expires_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (token_hash) DO NOTHING`,
		n.Digest, newID(), n.Account, n.Client, n.Device, stamp(now), stamp(now), stamp(codeAt), stamp(passkeyAt), stamp(now.Add(n.Lifetimes.Idle)), stamp(expires)).Error
	if err != nil || n.ClientKey == "" {
		return expires, err
	}
	return expires, tx.Exec(`INSERT INTO known_clients (account_id, client, last_at) VALUES (?, ?, ?)
		ON CONFLICT (account_id, client) DO UPDATE SET last_at = excluded.last_at`, n.Account, n.ClientKey, stamp(now)).Error
}

// Session finds a session by its token's digest, with its account.
func (s *Store) Session(ctx context.Context, digest string) (Session, bool, error) {
	return s.sessionIn(s.db.Read(ctx), digest)
}

func (s *Store) sessionIn(tx *gorm.DB, digest string) (Session, bool, error) {
	now := s.now().UnixMicro()
	var rows []sessionRow
	err := tx.Raw("SELECT "+sessionColumns+" FROM sessions JOIN accounts ON accounts.id = sessions.account_id WHERE token_hash = ? AND idle_until > ? AND expires_at > ?",
		digest, now, now).Scan(&rows).Error
	if err != nil || len(rows) == 0 {
		return Session{}, false, err
	}
	return rows[0].session(), true, nil
}

// Sessions lists those of an account, the latest used first.
func (s *Store) Sessions(ctx context.Context, accountID string) ([]Session, error) {
	now := s.now().UnixMicro()
	var rows []sessionRow
	err := s.db.Read(ctx).Raw("SELECT "+sessionColumns+` FROM sessions JOIN accounts ON accounts.id = sessions.account_id
		WHERE account_id = ? AND idle_until > ? AND expires_at > ? ORDER BY used_at DESC, sessions.id DESC LIMIT 200`, accountID, now, now).Scan(&rows).Error
	all := make([]Session, len(rows))
	for i, r := range rows {
		all[i] = r.session()
	}
	return all, err
}

// End ends a session by its token's digest.
func (s *Store) End(ctx context.Context, digest string) error {
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		return tx.Exec("DELETE FROM sessions WHERE token_hash = ?", digest).Error
	})
}

// EndOf ends a session of an account by its id.
func (s *Store) EndOf(ctx context.Context, accountID, id string) error {
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		return tx.Exec("DELETE FROM sessions WHERE account_id = ? AND id = ?", accountID, id).Error
	})
}

// EndAll ends all sessions of an account but one.
func (s *Store) EndAll(ctx context.Context, accountID, but string) error {
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		return tx.Exec("DELETE FROM sessions WHERE account_id = ? AND id <> ?", accountID, but).Error
	})
}

// CodeGiven notes that a code was given in a session, by a call.
func (s *Store) CodeGiven(ctx context.Context, id, call string) error {
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		return tx.Exec("UPDATE sessions SET code_at = ?, code_key = ? WHERE id = ?", s.now().UnixMicro(), call, id).Error
	})
}

// Use is when a session or key was used last, and until when that keeps it.
type Use struct{ At, Until time.Time }

// NoteUses writes down when sessions, by token digest, and keys, by id, were used.
func (s *Store) NoteUses(ctx context.Context, sessions, keys map[string]Use) error {
	if len(sessions)+len(keys) == 0 {
		return nil
	}
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		for digest, use := range sessions {
			if err := tx.Exec("UPDATE sessions SET used_at = ?, idle_until = ? WHERE token_hash = ? AND used_at < ?",
				stamp(use.At), stamp(use.Until), digest, stamp(use.At)).Error; err != nil {
				return err
			}
		}
		for id, use := range keys {
			if err := tx.Exec("UPDATE api_keys SET used_at = ? WHERE id = ? AND used_at < ?", stamp(use.At), id, stamp(use.At)).Error; err != nil {
				return err
			}
		}
		return nil
	})
}
