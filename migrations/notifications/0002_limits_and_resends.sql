-- +goose Up

-- Whom the mail reaches, spelt one way, so that mails to one person are counted.
ALTER TABLE mails ADD COLUMN recipient TEXT NOT NULL DEFAULT '';
-- When it was let out to the mail server; 0 while it waits for that.
ALTER TABLE mails ADD COLUMN let_out_at BIGINT NOT NULL DEFAULT 0;
UPDATE mails SET recipient = lower(address), let_out_at = sent_at;
CREATE INDEX mails_let_out ON mails (recipient, let_out_at);

-- One row for each address that a mail was let out to in the last day; older ones are
-- removed when others are written. Writing to a row makes those who count for the
-- same address wait for each other.
CREATE TABLE recipients (
	recipient  TEXT   NOT NULL PRIMARY KEY,
	counted_at BIGINT NOT NULL
);
CREATE INDEX recipients_counted ON recipients (counted_at);

-- Mails that an operator had sent again, by the key of the call. They are as few as
-- an operator makes, so they stay.
CREATE TABLE resends (
	idempotency_key TEXT   NOT NULL PRIMARY KEY,
	mail_id         TEXT   NOT NULL,
	created_at      BIGINT NOT NULL
);

-- +goose Down
DROP TABLE resends;
DROP TABLE recipients;
DROP INDEX mails_let_out;
ALTER TABLE mails DROP COLUMN let_out_at;
ALTER TABLE mails DROP COLUMN recipient;
