-- +goose Up

-- Keys by which browsers and authenticators log in without a password. Only public
-- halves: who reads the database can't log in with them. Deleted by the person, and with
-- the account.
CREATE TABLE passkeys (
	id            TEXT   NOT NULL PRIMARY KEY,
	account_id    TEXT   NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
	credential_id TEXT   NOT NULL UNIQUE, -- the authenticator's name of it, in base64url
	public_key    TEXT   NOT NULL, -- COSE, in base64url
	name          TEXT   NOT NULL,
	transports    TEXT   NOT NULL, -- how a browser reaches it, with a space between them
	backed_up     BIGINT NOT NULL, -- 1: it can be copied to other devices; fixed when it is made
	sign_count    BIGINT NOT NULL, -- of the last log-in; 0: the authenticator does not count
	created_at    BIGINT NOT NULL,
	used_at       BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX passkeys_account ON passkeys (account_id);

-- Challenges that have opened a session, so that none opens a second one. Deleted when
-- they are too old to be believed. Challenges that were given out are not stored: they
-- carry a seal.
CREATE TABLE used_challenges (
	challenge_hash TEXT   NOT NULL PRIMARY KEY,
	call_hash      TEXT   NOT NULL, -- the call that used it: repeated, it gets the same answer
	expires_at     BIGINT NOT NULL
);
CREATE INDEX used_challenges_expires ON used_challenges (expires_at);

-- +goose Down
DROP TABLE used_challenges;
DROP TABLE passkeys;
