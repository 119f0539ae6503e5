-- +goose Up

-- Whom to tell what. events are types with commas between them; empty: all. The secret
-- is kept as it is, for requests are signed with it; the one before it is used until
-- old_until. secret_key is the idempotency key of the call that made the secret.
-- failing_since is when the first request failed after the last one that succeeded; 0:
-- none has. Staff make the rows, and there are max_endpoints at most.
CREATE TABLE webhook_endpoints (
	id            TEXT    NOT NULL PRIMARY KEY,
	url           TEXT    NOT NULL,
	events        TEXT    NOT NULL,
	note          TEXT    NOT NULL,
	secret        TEXT    NOT NULL,
	old_secret    TEXT    NOT NULL DEFAULT '',
	old_until     BIGINT  NOT NULL DEFAULT 0,
	secret_key    TEXT    NOT NULL,
	active        BOOLEAN NOT NULL,
	off_because   TEXT    NOT NULL DEFAULT '',
	failing_since BIGINT  NOT NULL DEFAULT 0,
	created_at    BIGINT  NOT NULL
);

-- What is told to each of them: one row for each endpoint and event. due_at is when it
-- is tried next; from an attempt's beginning on, when it is tried again if nobody notes
-- how it went. first_at is when it was tried first; 0: not yet. A row is removed
-- keep_deliveries after ended_at, or with its endpoint; one that waits ends after
-- give_up.
CREATE TABLE webhook_deliveries (
	id          TEXT   NOT NULL PRIMARY KEY,
	endpoint_id TEXT   NOT NULL,
	webhook_id  TEXT   NOT NULL,
	type        TEXT   NOT NULL,
	payload     TEXT   NOT NULL,
	status      TEXT   NOT NULL CHECK (status IN ('waiting', 'delivered', 'failed')),
	attempts    BIGINT NOT NULL DEFAULT 0,
	created_at  BIGINT NOT NULL,
	due_at      BIGINT NOT NULL,
	first_at    BIGINT NOT NULL DEFAULT 0,
	last_at     BIGINT NOT NULL DEFAULT 0,
	last_status BIGINT NOT NULL DEFAULT 0,
	last_answer TEXT   NOT NULL DEFAULT '',
	problem     TEXT   NOT NULL DEFAULT '',
	ended_at    BIGINT NOT NULL DEFAULT 0,
	UNIQUE (endpoint_id, webhook_id)
);

CREATE INDEX webhook_deliveries_of_an_endpoint ON webhook_deliveries (endpoint_id, id);
CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries (endpoint_id, due_at) WHERE status = 'waiting';
CREATE INDEX webhook_deliveries_ended ON webhook_deliveries (ended_at) WHERE status <> 'waiting';

-- What was done under an idempotency key, so that a repeat is known; made is the id of
-- what it made. A row is removed when it is older than keep_deliveries.
CREATE TABLE webhook_requests (
	method          TEXT   NOT NULL,
	idempotency_key TEXT   NOT NULL,
	content         TEXT   NOT NULL,
	made            TEXT   NOT NULL,
	at              BIGINT NOT NULL,
	PRIMARY KEY (method, idempotency_key)
);

CREATE INDEX webhook_requests_to_forget ON webhook_requests (at);

-- +goose Down
DROP TABLE webhook_requests;
DROP TABLE webhook_deliveries;
DROP TABLE webhook_endpoints;
