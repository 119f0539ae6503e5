-- +goose Up

-- Times are Unix microseconds. A cart past its time is as good as not there,
-- until it is deleted.
CREATE TABLE carts (
	id            TEXT PRIMARY KEY,
	currency_code TEXT NOT NULL, -- of everything in it
	expires_at    BIGINT NOT NULL
);
CREATE INDEX carts_expires ON carts (expires_at);

CREATE TABLE cart_items (
	cart_id  TEXT NOT NULL REFERENCES carts (id) ON DELETE CASCADE,
	sku      TEXT NOT NULL,
	name     TEXT NOT NULL, -- when it was added: shown if the catalog forgets it
	quantity BIGINT NOT NULL CHECK (quantity BETWEEN 1 AND 99),
	position BIGINT NOT NULL,
	PRIMARY KEY (cart_id, sku)
);

-- Additions made, so that none is made twice.
CREATE TABLE cart_additions (
	cart_id         TEXT NOT NULL REFERENCES carts (id) ON DELETE CASCADE,
	idempotency_key TEXT NOT NULL,
	sku             TEXT NOT NULL,
	quantity        BIGINT NOT NULL,
	expires_at      BIGINT NOT NULL,
	PRIMARY KEY (cart_id, idempotency_key)
);
CREATE INDEX cart_additions_expires ON cart_additions (expires_at);

-- Orders whose items were taken out. Not tied to a cart: a cart may expire and
-- come into being again before an order is repeated.
CREATE TABLE taken_orders (
	order_id   TEXT PRIMARY KEY,
	expires_at BIGINT NOT NULL
);
CREATE INDEX taken_orders_expires ON taken_orders (expires_at);
