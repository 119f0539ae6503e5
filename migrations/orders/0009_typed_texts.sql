-- +goose Up

-- Orders forget, with their customer, what was typed about them. Those that forgot their
-- customer before kept it: of their timeline nothing is left, for SQL can't take the
-- sentences out.
UPDATE orders SET timeline = '[]' WHERE email = '';
UPDATE order_fulfilments SET carrier = '', tracking = '', tracking_url = '' WHERE order_id IN (SELECT id FROM orders WHERE email = '');
UPDATE order_refunds SET reason = '' WHERE order_id IN (SELECT id FROM orders WHERE email = '');
UPDATE order_returns SET reason = '' WHERE order_id IN (SELECT id FROM orders WHERE email = '');

-- +goose Down
SELECT 1;
