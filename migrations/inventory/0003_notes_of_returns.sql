-- +goose Up

-- Movements name no customers. Those of returns repeated why the customer sent the goods
-- back, which the order says as long as it knows its customer.
UPDATE movements SET note = '' WHERE reason = 'return' AND order_id <> '' AND note <> '';

-- What is compared when an adjustment is repeated had the note, too, in quotes before the
-- order: it is no part of what is done. What stays are the sku, location, amount and reason,
-- up to the first quote, and the order, behind the last space.
UPDATE stock_requests SET content =
	substr(content, 1, length(content) - length(ltrim(content, ' -_.abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'))) ||
	substr(content, 1 + length(rtrim(content, '!"#$%&''()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\]^_`abcdefghijklmnopqrstuvwxyz{|}~')))
WHERE method = 'adjust';

-- +goose Down
SELECT 1;
