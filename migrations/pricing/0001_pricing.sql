-- +goose Up

-- Promotions. They are made by operators, so they do not grow by themselves, and stay
-- after their end, for orders and reports name them. terms is JSON: read as a whole,
-- and looked at by the program only. What statements look at stands in columns. Times
-- of 0: not set. used is what was redeemed and not given back.
CREATE TABLE promotions (
	id         TEXT   NOT NULL PRIMARY KEY,
	terms      TEXT   NOT NULL,
	starts_at  BIGINT NOT NULL,
	ends_at    BIGINT NOT NULL,
	max_uses   BIGINT NOT NULL,
	max_each   BIGINT NOT NULL,
	used       BIGINT NOT NULL CHECK (used >= 0)
);

-- Voucher codes, in capitals: each belongs to one promotion.
CREATE TABLE promotion_codes (
	code         TEXT NOT NULL PRIMARY KEY,
	promotion_id TEXT NOT NULL
);

CREATE INDEX promotion_codes_of ON promotion_codes (promotion_id);

-- How often a customer used a promotion that has a limit for that. customer is a hash
-- of an id or an e-mail address with the promotion's id, so it names nobody. A row is
-- deleted when nothing is used, or modules.pricing.keep after the promotion ended. As
-- long as a promotion runs the rows stay, for its limit is looked up here.
CREATE TABLE promotion_customers (
	promotion_id TEXT   NOT NULL,
	customer     TEXT   NOT NULL,
	used         BIGINT NOT NULL CHECK (used >= 0),
	PRIMARY KEY (promotion_id, customer)
);

-- What orders have redeemed. codes and uses are JSON: written once, read as a whole,
-- codes also compared as text. A row is deleted modules.pricing.keep after its last
-- change: an order that old is not given back any more.
CREATE TABLE redemptions (
	order_id   TEXT   NOT NULL PRIMARY KEY,
	status     TEXT   NOT NULL CHECK (status IN ('taken', 'given_back')),
	codes      TEXT   NOT NULL,
	uses       TEXT   NOT NULL,
	changed_at BIGINT NOT NULL
);

CREATE INDEX redemptions_to_delete ON redemptions (changed_at);

-- The version of all promotions, raised by each change of one. Processes that hold
-- them in memory look at it.
CREATE TABLE pricing_state (
	id      BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
	version BIGINT NOT NULL
);

INSERT INTO pricing_state (id, version) VALUES (1, 1);

-- +goose Down
DROP TABLE pricing_state;
DROP TABLE redemptions;
DROP TABLE promotion_customers;
DROP TABLE promotion_codes;
DROP TABLE promotions;
