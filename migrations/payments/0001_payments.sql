-- +goose Up

-- The money of each order. open_step is what the provider was asked and did not
-- answer yet; due_at is when the background work asks again, 0 when nothing is
-- open. version counts the changes: each is made on top of the one it saw.
CREATE TABLE payments (
	order_id        TEXT   NOT NULL PRIMARY KEY,
	provider        TEXT   NOT NULL,
	currency        TEXT   NOT NULL,
	amount_minor    BIGINT NOT NULL CHECK (amount_minor >= 0),
	method          TEXT   NOT NULL,
	status          TEXT   NOT NULL CHECK (status IN ('pending', 'authorized', 'declined', 'captured', 'voided')),
	open_step       TEXT   NOT NULL CHECK (open_step IN ('', 'capture', 'void')),
	captured_minor  BIGINT NOT NULL CHECK (captured_minor IN (0, amount_minor)),
	refunded_minor  BIGINT NOT NULL CHECK (refunded_minor >= 0),
	refunding_minor BIGINT NOT NULL CHECK (refunding_minor >= 0),
	brand           TEXT   NOT NULL,
	last4           TEXT   NOT NULL,
	reference       TEXT   NOT NULL,
	decline_code    TEXT   NOT NULL,
	created_at      BIGINT NOT NULL,
	changed_at      BIGINT NOT NULL,
	due_at          BIGINT NOT NULL,
	version         BIGINT NOT NULL,
	CHECK (refunded_minor + refunding_minor <= captured_minor)
);

CREATE INDEX payments_due ON payments (due_at) WHERE due_at > 0;

CREATE TABLE refunds (
	order_id        TEXT   NOT NULL,
	idempotency_key TEXT   NOT NULL,
	amount_minor    BIGINT NOT NULL CHECK (amount_minor > 0),
	status          TEXT   NOT NULL CHECK (status IN ('open', 'done', 'refused')),
	created_at      BIGINT NOT NULL,
	due_at          BIGINT NOT NULL,
	PRIMARY KEY (order_id, idempotency_key)
);

CREATE INDEX refunds_due ON refunds (due_at) WHERE due_at > 0;

-- What the sandbox, a provider played inside this database, remembers. It
-- shares no transaction with the tables above.
CREATE TABLE sandbox_methods (
	id         TEXT   NOT NULL PRIMARY KEY,
	brand      TEXT   NOT NULL,
	last4      TEXT   NOT NULL,
	behaviour  TEXT   NOT NULL,
	created_at BIGINT NOT NULL
);

CREATE TABLE sandbox_authorizations (
	idempotency_key TEXT   NOT NULL PRIMARY KEY,
	reference       TEXT   NOT NULL UNIQUE,
	method          TEXT   NOT NULL,
	behaviour       TEXT   NOT NULL,
	currency        TEXT   NOT NULL,
	amount_minor    BIGINT NOT NULL,
	refunded_minor  BIGINT NOT NULL CHECK (refunded_minor BETWEEN 0 AND amount_minor),
	state           TEXT   NOT NULL CHECK (state IN ('held', 'declined', 'captured', 'voided'))
);

CREATE TABLE sandbox_refunds (
	idempotency_key TEXT   NOT NULL PRIMARY KEY,
	reference       TEXT   NOT NULL,
	amount_minor    BIGINT NOT NULL
);

-- +goose Down
DROP TABLE sandbox_refunds;
DROP TABLE sandbox_authorizations;
DROP TABLE sandbox_methods;
DROP TABLE refunds;
DROP TABLE payments;
