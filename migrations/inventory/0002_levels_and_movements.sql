-- +goose Up

-- What there is of each sku at each location. The checks stand behind the
-- conditional updates: no mistake in the program can sell what is not there.
-- previous is what was on hand before the last count, so that one statement can
-- change a level and tell what it was.
--
-- It grows with the catalogue, a row for each sku and location, and no row is
-- removed: a sku that is no longer sold keeps its movements.
CREATE TABLE levels (
	sku       TEXT   NOT NULL,
	location  TEXT   NOT NULL,
	on_hand   BIGINT NOT NULL CHECK (on_hand >= 0),
	allocated BIGINT NOT NULL CHECK (allocated >= 0),
	previous  BIGINT NOT NULL,
	PRIMARY KEY (sku, location),
	CHECK (allocated <= on_hand)
);

-- Each change of what is on hand; amount is the difference. Rows are only ever
-- added, and sum to levels.on_hand. They are kept for ever: they are the books
-- of the shop, which laws want for many years, they say nothing of customers, and a
-- million of them are some 200 MB.
CREATE TABLE movements (
	id       TEXT   NOT NULL PRIMARY KEY,
	sku      TEXT   NOT NULL,
	location TEXT   NOT NULL,
	amount   BIGINT NOT NULL CHECK (amount <> 0),
	reason   TEXT   NOT NULL,
	order_id TEXT   NOT NULL,
	note     TEXT   NOT NULL,
	actor    TEXT   NOT NULL,
	at       BIGINT NOT NULL
);

CREATE INDEX movements_of_a_sku ON movements (sku, id);

-- Orders that goods are or were kept for. lines is what was asked for, a JSON list
-- of (sku, quantity) by rising sku: written once, compared as text. ends_at is when
-- the goods go back by themselves; 0: never. closed_at is when nothing was kept any
-- more; 0: something is. A row is removed with its allocations when it was closed
-- for longer than the setting remember_for.
CREATE TABLE holds (
	order_id   TEXT   NOT NULL PRIMARY KEY,
	state      TEXT   NOT NULL CHECK (state IN ('open', 'expired', 'released')),
	lines      TEXT   NOT NULL,
	ends_at    BIGINT NOT NULL,
	created_at BIGINT NOT NULL,
	closed_at  BIGINT NOT NULL
);

CREATE INDEX holds_to_expire ON holds (ends_at) WHERE state = 'open' AND ends_at > 0;
CREATE INDEX holds_to_forget ON holds (closed_at) WHERE closed_at > 0;

-- What is kept for each order. quantity - shipped - released - expired is open, and
-- the open ones of a level sum to levels.allocated.
CREATE TABLE allocations (
	order_id TEXT   NOT NULL,
	sku      TEXT   NOT NULL,
	location TEXT   NOT NULL,
	quantity BIGINT NOT NULL CHECK (quantity >= 0),
	shipped  BIGINT NOT NULL CHECK (shipped >= 0),
	released BIGINT NOT NULL CHECK (released >= 0),
	expired  BIGINT NOT NULL CHECK (expired >= 0),
	PRIMARY KEY (order_id, sku, location),
	CHECK (shipped + released + expired <= quantity)
);

CREATE INDEX allocations_open ON allocations (sku, location) WHERE quantity > shipped + released + expired;

-- What was done under an idempotency key, so that a repeat is known. A row is
-- removed when it is older than the setting remember_for.
CREATE TABLE stock_requests (
	method          TEXT   NOT NULL,
	idempotency_key TEXT   NOT NULL,
	content         TEXT   NOT NULL,
	at              BIGINT NOT NULL,
	PRIMARY KEY (method, idempotency_key)
);

CREATE INDEX stock_requests_to_forget ON stock_requests (at);

-- Conversion of what is there. Nothing was noted as shipped until now, so goods that
-- are reserved or sold count as on hand and allocated to their orders.
INSERT INTO holds (order_id, state, lines, ends_at, created_at, closed_at)
SELECT order_id, CASE status WHEN 'held' THEN 'open' WHEN 'committed' THEN 'open' ELSE status END,
	lines, CASE status WHEN 'committed' THEN 0 ELSE expires_at END,
	created_at, CASE status WHEN 'held' THEN 0 WHEN 'committed' THEN 0 ELSE created_at END
FROM reservations;

-- The lines of reservations, taken apart with functions that both databases have:
-- rest is what is still to be read of (("mug",2),("tea",1)), in square brackets.
INSERT INTO allocations (order_id, sku, location, quantity, shipped, released, expired)
WITH RECURSIVE parts (order_id, status, sku, quantity, rest) AS (
	SELECT order_id, status, '', CAST(0 AS BIGINT), substr(lines, 2)
	FROM reservations UNION ALL
	SELECT order_id, status,
		substr(substr(rest, 3), 1, length(rest) - 2 - length(ltrim(substr(rest, 3), 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.'))),
		CAST(substr(
			substr(ltrim(substr(rest, 3), 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.'), 3), 1,
			length(substr(ltrim(substr(rest, 3), 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.'), 3)) -
			length(ltrim(substr(ltrim(substr(rest, 3), 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.'), 3), '0123456789'))
		) AS BIGINT),
		ltrim(ltrim(substr(ltrim(substr(rest, 3), 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.'), 3), '0123456789'), '],')
	FROM parts
	WHERE rest LIKE '["%'
)
SELECT order_id, sku, 'main', quantity, 0, CASE status WHEN 'released' THEN quantity ELSE 0 END, CASE status WHEN 'expired' THEN quantity ELSE 0 END
FROM parts
WHERE quantity > 0;

INSERT INTO levels (sku, location, on_hand, allocated, previous)
SELECT sku, 'main', received, reserved + sold, 0
FROM stock;

INSERT INTO movements (id, sku, location, amount, reason, order_id, note, actor, at)
SELECT '0-opening-' || sku, sku, 'main', received, 'opening', '', '', 'inventory', 0
FROM stock
WHERE received > 0;

INSERT INTO stock_requests (method, idempotency_key, content, at)
SELECT 'receive', idempotency_key, 'main ' || lines, received_at
FROM deliveries;

DROP TABLE deliveries;
DROP TABLE reservations;
DROP TABLE stock;

-- +goose Down
DROP TABLE stock_requests;
DROP TABLE allocations;
DROP TABLE holds;
DROP TABLE movements;
DROP TABLE levels;
