-- +goose Up

-- That payments has a refund, and did not say yet how it went: an operator who leaves what
-- was given up does not leave it. What payments had before this is not known here: of an
-- order that rested then, it is left as before.
ALTER TABLE order_refunds ADD COLUMN accepted BOOLEAN NOT NULL DEFAULT FALSE;

-- +goose Down
ALTER TABLE order_refunds DROP COLUMN accepted;
