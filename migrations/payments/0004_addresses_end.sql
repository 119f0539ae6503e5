-- +goose Up

-- Of a session that has ended description, return_url and cancel_url are emptied after
-- the time of the setting forget_addresses: they hold the order's token. Unpaid sessions
-- are deleted after the time of forget_unpaid; those of money that moved are kept, as
-- their payments are.
CREATE INDEX sandbox_sessions_addressed ON sandbox_sessions (created_at) WHERE return_url <> '';

-- +goose Down
DROP INDEX sandbox_sessions_addressed;
