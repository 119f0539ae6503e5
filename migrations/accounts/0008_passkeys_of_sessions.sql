-- +goose Up

-- When a passkey was last used in the session; 0: never, or the account has none any more.
-- code_at is when that or a code was given.
ALTER TABLE sessions ADD COLUMN passkey_at BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE sessions DROP COLUMN passkey_at;
