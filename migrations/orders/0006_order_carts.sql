-- +goose Up

-- The carts whose lines an order buys, while it is placed and until they are taken out:
-- its own, and those that were merged into that one. No cart is in two orders, so what a
-- guest ordered can't be ordered again from the cart it was merged into.
CREATE TABLE order_carts (
	cart_id  TEXT NOT NULL PRIMARY KEY,
	order_id TEXT NOT NULL
);
CREATE INDEX order_carts_of ON order_carts (order_id);
INSERT INTO order_carts (cart_id, order_id) SELECT cart_id, id FROM orders WHERE status = 'placing' OR take_from_cart;

-- +goose Down
DROP TABLE order_carts;
