-- +goose Up

-- What the staff writes about an order, for each other. Ends with its order.
CREATE TABLE order_notes (
	order_id        TEXT   NOT NULL,
	idempotency_key TEXT   NOT NULL,
	at              BIGINT NOT NULL,
	-- An e-mail address, or operator.
	written_by      TEXT   NOT NULL,
	text            TEXT   NOT NULL,
	PRIMARY KEY (order_id, idempotency_key)
);

-- For searches, and to add up what was sold: all that is asked for is in the index.
CREATE INDEX order_lines_sku ON order_lines (sku, order_id, quantity, total_minor);
CREATE INDEX orders_sold ON orders (created_at, currency_code, total_minor, id, status) WHERE status IN ('open', 'closed');

-- +goose Down
DROP INDEX orders_sold;
DROP INDEX order_lines_sku;
DROP TABLE order_notes;
