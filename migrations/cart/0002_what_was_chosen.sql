-- +goose Up

-- Carts that are there begin with version 1, and nothing chosen.
ALTER TABLE carts ADD COLUMN version BIGINT NOT NULL DEFAULT 1; -- goes up with each change
ALTER TABLE carts ADD COLUMN codes TEXT NOT NULL DEFAULT ''; -- vouchers, in upper case, a space between them
ALTER TABLE carts ADD COLUMN delivery_option TEXT NOT NULL DEFAULT ''; -- '': none was chosen
ALTER TABLE carts ADD COLUMN customer_id TEXT NOT NULL DEFAULT ''; -- '': a guest's

-- Merges made, so that none is made twice. Not tied to a cart, as taken_orders; they
-- end as carts do.
CREATE TABLE cart_merges (
	into_id         TEXT NOT NULL,
	idempotency_key TEXT NOT NULL,
	from_id         TEXT NOT NULL,
	expires_at      BIGINT NOT NULL,
	PRIMARY KEY (into_id, idempotency_key)
);
CREATE INDEX cart_merges_expires ON cart_merges (expires_at);
