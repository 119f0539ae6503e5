-- +goose Up

-- Payments that are paid on the provider's page. due_at is when to look at the
-- provider next, 0 when there is nothing to learn. What the page needed
-- (description, email, the addresses) is emptied as soon as the payment waits no
-- more. Rows that were never paid are deleted after the time of the setting
-- forget_unpaid; those of money that moved are kept: they are the shop's books.
CREATE TABLE hosted_payments (
	id              TEXT    NOT NULL PRIMARY KEY,
	order_id        TEXT    NOT NULL,
	provider        TEXT    NOT NULL,
	currency        TEXT    NOT NULL,
	amount_minor    BIGINT  NOT NULL CHECK (amount_minor >= 0),
	capture_later   BOOLEAN NOT NULL,
	expires_at      BIGINT  NOT NULL,
	description     TEXT    NOT NULL,
	email           TEXT    NOT NULL,
	return_url      TEXT    NOT NULL,
	cancel_url      TEXT    NOT NULL,
	status          TEXT    NOT NULL CHECK (status IN ('waiting', 'authorized', 'paid', 'cancelled', 'expired')),
	cancelling      BOOLEAN NOT NULL,
	capturing       BOOLEAN NOT NULL,
	disputed        BOOLEAN NOT NULL,
	captured_minor  BIGINT  NOT NULL CHECK (captured_minor IN (0, amount_minor)),
	refunded_minor  BIGINT  NOT NULL CHECK (refunded_minor >= 0),
	refunding_minor BIGINT  NOT NULL CHECK (refunding_minor >= 0),
	session         TEXT    NOT NULL,
	intent          TEXT    NOT NULL,
	redirect_url    TEXT    NOT NULL,
	brand           TEXT    NOT NULL,
	last4           TEXT    NOT NULL,
	decline_code    TEXT    NOT NULL,
	attempt         BIGINT  NOT NULL,
	tries           BIGINT  NOT NULL,
	created_at      BIGINT  NOT NULL,
	changed_at      BIGINT  NOT NULL,
	due_at          BIGINT  NOT NULL,
	version         BIGINT  NOT NULL,
	-- Counts the webhooks about it.
	heard           BIGINT  NOT NULL,
	CHECK (refunded_minor + refunding_minor <= captured_minor)
);

CREATE INDEX hosted_payments_order ON hosted_payments (order_id);
CREATE INDEX hosted_payments_due ON hosted_payments (due_at) WHERE due_at > 0;
CREATE INDEX hosted_payments_session ON hosted_payments (session) WHERE session <> '';
CREATE INDEX hosted_payments_intent ON hosted_payments (intent) WHERE intent <> '';
CREATE INDEX hosted_payments_unpaid ON hosted_payments (changed_at) WHERE status IN ('cancelled', 'expired');

-- Kept with their payments.
CREATE TABLE hosted_refunds (
	payment_id   TEXT   NOT NULL,
	id           TEXT   NOT NULL,
	amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
	status       TEXT   NOT NULL CHECK (status IN ('pending', 'succeeded', 'failed')),
	failure      TEXT   NOT NULL,
	reference    TEXT   NOT NULL,
	attempt      BIGINT NOT NULL,
	created_at   BIGINT NOT NULL,
	PRIMARY KEY (payment_id, id)
);

-- What the sandbox, a provider played inside this database, remembers of its
-- payment pages. It shares no transaction with the tables above. behaviour is
-- that of the last card; notify_at is when its webhook is sent, 0 when none is.
-- Deleted after the time of the setting forget_unpaid, paid ones too when the
-- payment they are of is gone.
CREATE TABLE sandbox_sessions (
	id             TEXT    NOT NULL PRIMARY KEY,
	token          TEXT    NOT NULL UNIQUE,
	currency       TEXT    NOT NULL,
	amount_minor   BIGINT  NOT NULL,
	capture_later  BOOLEAN NOT NULL,
	description    TEXT    NOT NULL,
	return_url     TEXT    NOT NULL,
	cancel_url     TEXT    NOT NULL,
	state          TEXT    NOT NULL CHECK (state IN ('open', 'consent', 'held', 'paid', 'cancelled', 'ended')),
	behaviour      TEXT    NOT NULL,
	brand          TEXT    NOT NULL,
	last4          TEXT    NOT NULL,
	refusals       BIGINT  NOT NULL,
	wait_until     BIGINT  NOT NULL,
	decline_code   TEXT    NOT NULL,
	disputed       BOOLEAN NOT NULL,
	refunded_minor BIGINT  NOT NULL CHECK (refunded_minor BETWEEN 0 AND amount_minor),
	paid_at        BIGINT  NOT NULL,
	notify_at      BIGINT  NOT NULL,
	created_at     BIGINT  NOT NULL
);

CREATE INDEX sandbox_sessions_notify ON sandbox_sessions (notify_at) WHERE notify_at > 0;
CREATE INDEX sandbox_sessions_old ON sandbox_sessions (created_at);

CREATE TABLE sandbox_session_refunds (
	session      TEXT   NOT NULL,
	id           TEXT   NOT NULL,
	amount_minor BIGINT NOT NULL,
	status       TEXT   NOT NULL CHECK (status IN ('succeeded', 'failed')),
	failure      TEXT   NOT NULL,
	fails_at     BIGINT NOT NULL,
	PRIMARY KEY (session, id)
);

-- +goose Down
DROP TABLE sandbox_session_refunds;
DROP TABLE sandbox_sessions;
DROP TABLE hosted_refunds;
DROP TABLE hosted_payments;
