-- +goose Up
CREATE TABLE orders (
	id                TEXT PRIMARY KEY,
	idempotency_key   TEXT NOT NULL UNIQUE,
	-- What the key was used for: a hash, see the service's fingerprint.
	fingerprint       TEXT NOT NULL,
	-- Opens the order for its guest. In clear, because the mail must hold it.
	token             TEXT NOT NULL,
	cart_id           TEXT NOT NULL,
	-- Kept so that a checkout cut off after acceptance can go on.
	payment_method_id TEXT NOT NULL,
	email             TEXT NOT NULL,
	name              TEXT NOT NULL,
	line1             TEXT NOT NULL,
	line2             TEXT NOT NULL,
	city              TEXT NOT NULL,
	postal_code       TEXT NOT NULL,
	country           TEXT NOT NULL,
	currency_code     TEXT NOT NULL,
	total_minor       BIGINT NOT NULL CHECK (total_minor >= 0),
	-- JSON, with the prices it was sold for.
	lines             TEXT NOT NULL,
	created_at        BIGINT NOT NULL,

	status            TEXT NOT NULL,
	-- Counts changes: each is made on the condition that it is the next one.
	version           BIGINT NOT NULL,
	card_brand        TEXT NOT NULL,
	card_last4        TEXT NOT NULL,
	refunded_minor    BIGINT NOT NULL CHECK (refunded_minor >= 0 AND refunded_minor <= total_minor),
	ended_because     TEXT NOT NULL,
	-- JSON: what programs are told beside ended_because.
	ended_facts       TEXT NOT NULL,
	-- JSON, oldest first.
	timeline          TEXT NOT NULL,
	cart_pending      BOOLEAN NOT NULL,

	-- Who drives the order on; '' nobody.
	driver            TEXT NOT NULL,
	-- When the driver's claim ends or, without one, when to try again; NULL
	-- when nothing is left to do.
	due_at            BIGINT,
	attempts          BIGINT NOT NULL
);
CREATE INDEX orders_status ON orders (status, id);
-- Only what is open: recovery looks here all the time.
CREATE INDEX orders_due ON orders (due_at) WHERE due_at IS NOT NULL;

-- +goose Down
DROP TABLE orders;
