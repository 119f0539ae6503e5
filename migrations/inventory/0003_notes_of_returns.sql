-- +goose Up

-- Movements name no customers. Those of returns repeated why the customer sent the goods
-- back, which the order says as long as it knows its customer.
UPDATE movements SET note = '' WHERE reason = 'return' AND order_id <> '' AND note <> '';

-- +goose Down
SELECT 1;
