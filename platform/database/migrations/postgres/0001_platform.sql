-- +goose Up
CREATE TABLE store (
	id         TEXT PRIMARY KEY,
	module     TEXT NOT NULL,
	created_at BIGINT NOT NULL
);

CREATE TABLE leases (
	name       TEXT PRIMARY KEY,
	holder     TEXT NOT NULL,
	expires_at BIGINT NOT NULL
);

CREATE TABLE outbox (
	seq         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	event_id    TEXT NOT NULL UNIQUE,
	type        TEXT NOT NULL,
	aggregate   TEXT NOT NULL,
	payload     TEXT NOT NULL,
	occurred_at BIGINT NOT NULL
);

CREATE TABLE inbox (
	event_id    TEXT NOT NULL,
	subscriber  TEXT NOT NULL,
	received_at BIGINT NOT NULL,
	PRIMARY KEY (event_id, subscriber)
);
CREATE INDEX inbox_received_at ON inbox (received_at);

CREATE TABLE dead_letters (
	event_id    TEXT PRIMARY KEY,
	subject     TEXT NOT NULL,
	type        TEXT NOT NULL,
	aggregate   TEXT NOT NULL,
	payload     TEXT NOT NULL,
	occurred_at BIGINT NOT NULL,
	error       TEXT NOT NULL,
	attempts    BIGINT NOT NULL,
	parked_at   BIGINT NOT NULL,
	seq         BIGINT NOT NULL
);

-- Every event asks whether an earlier one of its aggregate is parked.
CREATE INDEX dead_letters_by_aggregate ON dead_letters (aggregate, seq);

-- +goose Down
DROP TABLE dead_letters;
DROP TABLE inbox;
DROP TABLE outbox;
DROP TABLE leases;
DROP TABLE store;
