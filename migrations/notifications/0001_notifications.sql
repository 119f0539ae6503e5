-- +goose Up
CREATE TABLE mails (
	id         TEXT   NOT NULL PRIMARY KEY,
	-- The event that made it: what makes a mail exist once per event.
	event_id   TEXT   NOT NULL UNIQUE,
	name       TEXT   NOT NULL,
	address    TEXT   NOT NULL,
	subject    TEXT   NOT NULL,
	-- What the letter tells, as JSON; empty once the letter is written.
	facts      TEXT   NOT NULL,
	text_body  TEXT   NOT NULL DEFAULT '',
	html_body  TEXT   NOT NULL DEFAULT '',
	status     TEXT   NOT NULL CHECK (status IN ('queued', 'sent', 'refused')),
	attempts   BIGINT NOT NULL DEFAULT 0,
	problem    TEXT   NOT NULL DEFAULT '',
	created_at BIGINT NOT NULL,
	due_at     BIGINT NOT NULL,
	sent_at    BIGINT NOT NULL DEFAULT 0
);

-- Only what waits is looked for again and again, and it is a small part.
CREATE INDEX mails_queued ON mails (due_at) WHERE status = 'queued';

-- +goose Down
DROP TABLE mails;
