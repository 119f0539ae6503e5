-- +goose Up

-- There were two kinds of payments: those of a card that the shop handed to the
-- provider, one per order (payments, refunds), and those paid on the provider's page
-- (hosted_payments, hosted_refunds). Now all are of the second kind. A card's payment
-- gets its order's id, which orders gives to the first payment of an order.

-- An order that was given up since is remembered as cancelled, while its card's
-- payment still holds money: that is let go.
UPDATE payments SET open_step = 'void' WHERE status = 'authorized' AND open_step = ''
	AND order_id IN (SELECT id FROM hosted_payments WHERE status = 'cancelled' AND order_id = '');
DELETE FROM hosted_payments WHERE status = 'cancelled' AND order_id = '' AND id IN (SELECT order_id FROM payments);

-- What was asked and not answered is due at once. Of an authorisation that was not
-- answered the provider's name is not known: it counts as cancelled, and what it may
-- hold goes back by itself when the bank's time for it is over.
INSERT INTO hosted_payments (id, order_id, provider, currency, amount_minor, capture_later, expires_at, description, email, return_url, cancel_url,
	status, cancelling, capturing, disputed, captured_minor, refunded_minor, refunding_minor, session, intent, redirect_url,
	brand, last4, decline_code, attempt, tries, created_at, changed_at, due_at, version, heard)
SELECT order_id, order_id, provider, currency, amount_minor, TRUE, created_at, '', '', '', '',
	(CASE status WHEN 'captured' THEN 'paid' WHEN 'authorized' THEN 'authorized' ELSE 'cancelled' END),
	status = 'authorized' AND open_step = 'void', status = 'authorized' AND open_step = 'capture', FALSE,
	captured_minor, refunded_minor, refunding_minor, '', reference, '',
	brand, last4, decline_code, 0, 0, created_at, changed_at,
	(CASE WHEN status = 'authorized' OR refunding_minor > 0 THEN 1 ELSE 0 END), 1, 0
FROM payments WHERE order_id NOT IN (SELECT id FROM hosted_payments);

-- An open refund was asked for under another key than it will be: as a second
-- attempt it is looked for first.
INSERT INTO hosted_refunds (payment_id, id, amount_minor, status, failure, reference, attempt, created_at)
SELECT order_id, idempotency_key, amount_minor,
	(CASE status WHEN 'done' THEN 'succeeded' WHEN 'open' THEN 'pending' ELSE 'failed' END),
	(CASE status WHEN 'refused' THEN 'the provider refused it' ELSE '' END), '', 1, created_at
FROM refunds WHERE order_id IN (SELECT id FROM hosted_payments);

-- The sandbox's memory of cards. Refunds that were not answered are asked for again,
-- so they are not counted as given. Nobody has the address of these sessions.
INSERT INTO sandbox_sessions (id, token, currency, amount_minor, capture_later, description, return_url, cancel_url,
	state, behaviour, brand, last4, refusals, wait_until, decline_code, disputed, refunded_minor, paid_at, notify_at, created_at)
SELECT p.order_id, p.method || a.reference, p.currency, p.amount_minor, TRUE, '', '', '',
	(CASE a.state WHEN 'captured' THEN 'paid' WHEN 'held' THEN 'held' WHEN 'declined' THEN 'cancelled' ELSE 'ended' END),
	'', p.brand, p.last4, 0, 0, p.decline_code, FALSE, p.refunded_minor, p.created_at, 0, p.created_at
FROM payments p JOIN sandbox_authorizations a ON a.reference = p.reference
WHERE p.provider = 'sandbox' AND p.order_id NOT IN (SELECT id FROM sandbox_sessions);

INSERT INTO sandbox_session_refunds (session, id, amount_minor, status, failure, fails_at)
SELECT r.order_id, r.idempotency_key, r.amount_minor,
	(CASE r.status WHEN 'done' THEN 'succeeded' ELSE 'failed' END), (CASE r.status WHEN 'done' THEN '' ELSE 'the provider refused it' END), 0
FROM refunds r JOIN sandbox_sessions s ON s.id = r.order_id WHERE r.status IN ('done', 'refused');

DROP TABLE sandbox_refunds;
DROP TABLE sandbox_authorizations;
DROP TABLE sandbox_methods;
DROP TABLE refunds;
DROP TABLE payments;

DROP INDEX hosted_payments_order;
DROP INDEX hosted_payments_due;
DROP INDEX hosted_payments_session;
DROP INDEX hosted_payments_intent;
DROP INDEX hosted_payments_unpaid;
ALTER TABLE hosted_payments RENAME TO payments;
ALTER TABLE hosted_refunds RENAME TO refunds;
CREATE INDEX payments_order ON payments (order_id);
CREATE INDEX payments_due ON payments (due_at) WHERE due_at > 0;
CREATE INDEX payments_session ON payments (session) WHERE session <> '';
CREATE INDEX payments_intent ON payments (intent) WHERE intent <> '';
CREATE INDEX payments_unpaid ON payments (changed_at) WHERE status IN ('cancelled', 'expired');

-- +goose Down
DROP TABLE sandbox_session_refunds;
DROP TABLE sandbox_sessions;
DROP TABLE refunds;
DROP TABLE payments;
