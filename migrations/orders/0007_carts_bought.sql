-- +goose Up

-- The carts of which an order was paid lately, with what was bought taken out of them. An
-- order that has read its cart before that, and is stored after it, would be of what was
-- bought already. Ends after an hour: no checkout takes that long.
CREATE TABLE carts_bought (
	cart_id  TEXT NOT NULL,
	order_id TEXT NOT NULL,
	at       BIGINT NOT NULL,
	PRIMARY KEY (cart_id, order_id)
);
CREATE INDEX carts_bought_at ON carts_bought (at);

-- +goose Down
DROP TABLE carts_bought;
