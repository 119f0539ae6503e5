-- +goose Up

-- Times are Unix microseconds; 0: never. Tokens are kept as SHA-256 in hexadecimal:
-- who reads the database can't use them.

-- People who can log in. Kept until they delete their account.
CREATE TABLE accounts (
	id          TEXT   NOT NULL PRIMARY KEY,
	email       TEXT   NOT NULL, -- as it was typed
	email_key   TEXT   NOT NULL UNIQUE, -- spelt one way
	name        TEXT   NOT NULL,
	password    TEXT   NOT NULL, -- argon2id, as $argon2id$v=19$m=…; never the password
	role        TEXT   NOT NULL CHECK (role IN ('customer', 'operator', 'admin')),
	verified_at BIGINT NOT NULL,
	totp_secret TEXT   NOT NULL DEFAULT '', -- in base32; '': no second factor
	totp_step   BIGINT NOT NULL DEFAULT 0, -- of the last code that was taken: a code is good once
	created_at  BIGINT NOT NULL,
	changed_at  BIGINT NOT NULL -- the password, at last
);
CREATE INDEX accounts_role ON accounts (role) WHERE role <> 'customer';

-- Deleted when they end, by log-out, by being unused or by age.
CREATE TABLE sessions (
	token_hash TEXT   NOT NULL PRIMARY KEY,
	id         TEXT   NOT NULL UNIQUE, -- names it in lists
	account_id TEXT   NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
	client     TEXT   NOT NULL,
	device     TEXT   NOT NULL,
	created_at BIGINT NOT NULL,
	used_at    BIGINT NOT NULL, -- to the minute
	code_at    BIGINT NOT NULL, -- when a code of the second factor was given
	code_key   TEXT   NOT NULL DEFAULT '', -- of the call that gave it, hashed
	idle_until BIGINT NOT NULL,
	expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_account ON sessions (account_id);
CREATE INDEX sessions_idle ON sessions (idle_until);

-- Mailed links. Deleted when they are used, or too old.
CREATE TABLE links (
	token_hash TEXT   NOT NULL PRIMARY KEY,
	id         TEXT   NOT NULL,
	-- 'known' opens nothing: it notes that an address with an account was told so.
	kind       TEXT   NOT NULL CHECK (kind IN ('sign_up', 'known', 'reset', 'email')),
	account_id TEXT   NOT NULL, -- '': of a sign-up, whose account is made by the link
	email      TEXT   NOT NULL,
	email_key  TEXT   NOT NULL,
	name       TEXT   NOT NULL,
	password   TEXT   NOT NULL, -- of a sign-up, as in accounts
	created_at BIGINT NOT NULL,
	expires_at BIGINT NOT NULL
);
CREATE INDEX links_account ON links (account_id, kind);
CREATE INDEX links_email ON links (email_key, kind);
CREATE INDEX links_expires ON links (expires_at);

-- Codes that stand for the second factor once, when the device is lost. Deleted when
-- they are used.
CREATE TABLE recovery_codes (
	account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
	code_hash  TEXT NOT NULL,
	PRIMARY KEY (account_id, code_hash)
);

-- Tries of passwords and codes, by what they are counted for, which is hashed.
-- Deleted a day after the last try.
CREATE TABLE tries (
	counted_for TEXT   NOT NULL PRIMARY KEY,
	failures    BIGINT NOT NULL,
	next_at     BIGINT NOT NULL, -- before this no other try is taken
	last_at     BIGINT NOT NULL
);
CREATE INDEX tries_last ON tries (last_at);

-- Clients from which an account was logged in to, hashed: their tries are counted
-- apart from those of strangers. Deleted 90 days after the last log-in.
CREATE TABLE known_clients (
	account_id TEXT   NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
	client     TEXT   NOT NULL,
	last_at    BIGINT NOT NULL,
	PRIMARY KEY (account_id, client)
);
CREATE INDEX known_clients_last ON known_clients (last_at);

-- Operators make them, they are few; revoked ones stay, for the audit.
CREATE TABLE api_keys (
	id          TEXT   NOT NULL PRIMARY KEY,
	secret_hash TEXT   NOT NULL UNIQUE,
	name        TEXT   NOT NULL,
	beginning   TEXT   NOT NULL,
	scopes      TEXT   NOT NULL, -- with a space between them
	created_by  TEXT   NOT NULL,
	created_at  BIGINT NOT NULL,
	used_at     BIGINT NOT NULL DEFAULT 0,
	revoked_at  BIGINT NOT NULL DEFAULT 0
);

-- Keys that sign identities. One, until it is replaced.
CREATE TABLE signing_keys (
	id         TEXT   NOT NULL PRIMARY KEY,
	seed       TEXT   NOT NULL, -- of Ed25519, in base64
	created_at BIGINT NOT NULL
);

-- +goose Down
DROP TABLE signing_keys;
DROP TABLE api_keys;
DROP TABLE known_clients;
DROP TABLE tries;
DROP TABLE recovery_codes;
DROP TABLE links;
DROP TABLE sessions;
DROP TABLE accounts;
