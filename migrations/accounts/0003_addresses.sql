-- +goose Up

-- Where a person has goods sent to. Deleted by the person, and with the account.
CREATE TABLE addresses (
	id          TEXT   NOT NULL PRIMARY KEY,
	account_id  TEXT   NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
	name        TEXT   NOT NULL,
	line1       TEXT   NOT NULL,
	line2       TEXT   NOT NULL,
	city        TEXT   NOT NULL,
	region      TEXT   NOT NULL,
	postal_code TEXT   NOT NULL,
	country     TEXT   NOT NULL,
	created_at  BIGINT NOT NULL,
	first_at    BIGINT NOT NULL -- when it became the one that is used first; the latest is
);
CREATE INDEX addresses_account ON addresses (account_id);

-- +goose Down
DROP TABLE addresses;
