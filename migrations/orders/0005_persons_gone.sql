-- +goose Up

-- Customers who deleted their accounts: their orders lose who bought as soon as they are
-- finished. A row ends with the last such order.
CREATE TABLE persons_gone (
	-- As in orders.
	mailbox       TEXT   NOT NULL PRIMARY KEY,
	-- Orders that were placed later are another customer's, or a new account's.
	placed_before BIGINT NOT NULL
);

-- +goose Down
DROP TABLE persons_gone;
