-- +goose Up

-- The link that makes the first administrator. One row: a newer link replaces it. Deleted
-- when it is too old.
CREATE TABLE first_admin (
	id         TEXT   NOT NULL PRIMARY KEY CHECK (id = 'first'),
	token_hash TEXT   NOT NULL,
	account_id TEXT   NOT NULL DEFAULT '', -- that it has made; '': it was not used
	call_hash  TEXT   NOT NULL DEFAULT '', -- the call that used it: repeated, it gets the same answer
	expires_at BIGINT NOT NULL
);

-- +goose Down
DROP TABLE first_admin;
