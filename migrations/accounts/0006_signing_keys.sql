-- +goose Up

-- What tokens are made of: sessions, mailed links, API keys, the ids of own carts. One row,
-- for ever. It was the seed that signs, too, and stays what it was, so that tokens stay what
-- they are.
CREATE TABLE token_secret (
	id         TEXT   NOT NULL PRIMARY KEY CHECK (id = 'only'),
	secret     TEXT   NOT NULL, -- in base64
	created_at BIGINT NOT NULL
);
INSERT INTO token_secret (id, secret, created_at) SELECT 'only', seed, created_at FROM signing_keys WHERE id = 'first';

-- Keys that sign identities follow each other by number. The id is "first", then the
-- number, so that two processes can't both make the next one. A key is deleted once it is
-- believed no more.
ALTER TABLE signing_keys ADD COLUMN number BIGINT NOT NULL DEFAULT 1;
ALTER TABLE signing_keys ADD COLUMN created_by TEXT NOT NULL DEFAULT 'accounts';
ALTER TABLE signing_keys ADD COLUMN signs_from BIGINT NOT NULL DEFAULT 0;
ALTER TABLE signing_keys ADD COLUMN believed_until BIGINT NOT NULL DEFAULT 0; -- 0: no key follows it
UPDATE signing_keys SET signs_from = created_at;

-- +goose Down
ALTER TABLE signing_keys DROP COLUMN believed_until;
ALTER TABLE signing_keys DROP COLUMN signs_from;
ALTER TABLE signing_keys DROP COLUMN created_by;
ALTER TABLE signing_keys DROP COLUMN number;
DROP TABLE token_secret;
