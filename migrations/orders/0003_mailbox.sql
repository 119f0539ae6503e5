-- +goose Up

-- The e-mail address spelt one way, by which a person who is logged in finds their orders,
-- also those placed without logging in. '': not known yet; the module fills it in, for
-- addresses that SQL can't spell one way.
ALTER TABLE orders ADD COLUMN mailbox TEXT NOT NULL DEFAULT '';
UPDATE orders SET mailbox = lower(email) WHERE length(email) = octet_length(email);
CREATE INDEX orders_of_mailbox ON orders (mailbox, id);

-- +goose Down
DROP INDEX orders_of_mailbox;
ALTER TABLE orders DROP COLUMN mailbox;
