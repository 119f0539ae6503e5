-- +goose Up

-- The sessions that a log-in with a password has given out, also those that have ended:
-- a form that is sent once more after the log-out must not open the same one again.
-- Deleted when the session would have ended by age.
CREATE TABLE given_sessions (
	token_hash TEXT   NOT NULL PRIMARY KEY,
	expires_at BIGINT NOT NULL
);
CREATE INDEX given_sessions_expires ON given_sessions (expires_at);

-- +goose Down
DROP TABLE given_sessions;
