-- +goose Up

-- Ids of the carts whose lines came into this one, a space between them; and the cart
-- that the lines of this one went to last, '': none.
ALTER TABLE carts ADD COLUMN merged_from TEXT NOT NULL DEFAULT '';
ALTER TABLE carts ADD COLUMN merged_into TEXT NOT NULL DEFAULT '';
