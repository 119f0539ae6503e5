-- +goose Up

-- The books of each sku. The checks stand behind the conditional updates: no
-- mistake in the program can sell what is not there.
CREATE TABLE stock (
	sku      TEXT   NOT NULL PRIMARY KEY,
	on_hand  BIGINT NOT NULL CHECK (on_hand >= 0),
	reserved BIGINT NOT NULL CHECK (reserved >= 0),
	sold     BIGINT NOT NULL CHECK (sold >= 0),
	received BIGINT NOT NULL CHECK (received >= 0),
	CHECK (on_hand + reserved + sold = received)
);

-- What each order holds. lines is a JSON list of [sku, quantity] by rising sku:
-- written once, read as a whole, compared as text. previous is the status
-- before the last change, so that one statement can change a status and tell
-- what it was.
CREATE TABLE reservations (
	order_id   TEXT   NOT NULL PRIMARY KEY,
	status     TEXT   NOT NULL CHECK (status IN ('held', 'committed', 'released', 'expired')),
	previous   TEXT   NOT NULL,
	lines      TEXT   NOT NULL,
	expires_at BIGINT NOT NULL,
	created_at BIGINT NOT NULL
);

CREATE INDEX reservations_to_expire ON reservations (expires_at) WHERE status = 'held';

-- Deliveries by their idempotency key.
CREATE TABLE deliveries (
	idempotency_key TEXT   NOT NULL PRIMARY KEY,
	lines           TEXT   NOT NULL,
	received_at     BIGINT NOT NULL
);

-- +goose Down
DROP TABLE deliveries;
DROP TABLE reservations;
DROP TABLE stock;
