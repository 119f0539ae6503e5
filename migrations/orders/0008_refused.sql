-- +goose Up

-- Of what is left to do in other modules, what they have refused for good: 'give back', and
-- ids of order_fulfilments, refunds and returns, with commas between. An operator is asked
-- about it, and may leave it. What was refused before this is not known here: an operator
-- who closes it sees it tried, and refused, once more, and closes it a second time.
ALTER TABLE orders ADD COLUMN refused TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE orders DROP COLUMN refused;
