-- +goose Up

-- Orders as shops have them: with lines, parcels, refunds and returns in tables
-- of their own, and a status that says what is sold. What an order of before
-- had is kept.
CREATE TABLE orders_now (
	id                TEXT PRIMARY KEY,
	-- For people; see package order.
	number            TEXT NOT NULL UNIQUE,
	idempotency_key   TEXT NOT NULL UNIQUE,
	-- What the key was used for: a hash.
	fingerprint       TEXT NOT NULL,
	-- Opens the order for its customer. In clear, because the mail must hold it.
	token             TEXT NOT NULL,
	cart_id           TEXT NOT NULL,
	-- Who asked, and the e-mail address in small letters: only while the order is
	-- being placed, to limit how many may be; '' after that.
	client            TEXT NOT NULL,
	recipient         TEXT NOT NULL,
	email             TEXT NOT NULL,
	name              TEXT NOT NULL,
	line1             TEXT NOT NULL,
	line2             TEXT NOT NULL,
	city              TEXT NOT NULL,
	region            TEXT NOT NULL,
	postal_code       TEXT NOT NULL,
	country           TEXT NOT NULL,
	return_url        TEXT NOT NULL,
	currency_code     TEXT NOT NULL,
	goods_minor       BIGINT NOT NULL,
	discount_minor    BIGINT NOT NULL,
	delivery_minor    BIGINT NOT NULL,
	tax_minor         BIGINT NOT NULL,
	total_minor       BIGINT NOT NULL CHECK (total_minor >= 0),
	taxes_included    BOOLEAN NOT NULL,
	-- JSON: delivery option, discounts, codes, taxes; to be shown.
	terms             TEXT NOT NULL,
	-- JSON: the lines of an order that is older than order_lines; else ''.
	old_lines         TEXT NOT NULL,
	created_at        BIGINT NOT NULL,

	status            TEXT NOT NULL CHECK (status IN ('placing', 'open', 'closed', 'failed', 'cancelled')),
	-- Counts changes: each is made on the condition that it is the next one.
	version           BIGINT NOT NULL,
	hold_ends_at      BIGINT NOT NULL,
	payment_attempt   BIGINT NOT NULL,
	payment_state     TEXT NOT NULL,
	payment_url       TEXT NOT NULL,
	-- The shopper was sent to pay.
	was_payable       BOOLEAN NOT NULL,
	paid_minor        BIGINT NOT NULL CHECK (paid_minor >= 0),
	card_brand        TEXT NOT NULL,
	card_last4        TEXT NOT NULL,
	ended_because     TEXT NOT NULL,
	ended_by          TEXT NOT NULL,
	ended_note        TEXT NOT NULL,
	-- JSON: what programs are told beside ended_because.
	ended_facts       TEXT NOT NULL,
	attention         TEXT NOT NULL,
	attention_since   BIGINT NOT NULL,
	-- JSON, oldest first.
	timeline          TEXT NOT NULL,
	-- What is left to do in other modules.
	give_back         BOOLEAN NOT NULL,
	take_from_cart    BOOLEAN NOT NULL,
	-- There are rows of order_fulfilments, refunds or returns.
	has_parts         BOOLEAN NOT NULL,
	-- When to go on with it; NULL when there is nothing to do.
	due_at            BIGINT,
	attempts          BIGINT NOT NULL
);

INSERT INTO orders_now SELECT id, 'G-' || upper(substr(id, 19, 8)), idempotency_key, fingerprint, token, cart_id, '', '',
	email, name, line1, line2, city, '', postal_code, country, '', currency_code,
	total_minor, 0, 0, 0, total_minor, TRUE, '{}', lines, created_at,
	(CASE WHEN status IN ('accepted', 'reserved', 'authorized', 'failing', 'failed') THEN 'failed' WHEN status IN ('confirmed', 'captured', 'completed') THEN 'open' WHEN status = 'shipped' THEN 'closed' ELSE 'cancelled' END),
	version, created_at, 1,
	(CASE WHEN status IN ('captured', 'completed', 'shipped') OR refunded_minor > 0 THEN 'paid' ELSE '' END), '', FALSE,
	(CASE WHEN status IN ('captured', 'completed', 'shipped') OR refunded_minor > 0 THEN total_minor ELSE 0 END),
	card_brand, card_last4,
	(CASE WHEN status IN ('accepted', 'reserved', 'authorized') THEN 'unavailable' WHEN ended_because = 'guest' THEN 'on_request' ELSE ended_because END),
	(CASE WHEN ended_because = 'guest' THEN 'guest' WHEN ended_because = '' THEN '' ELSE 'shop' END),
	'', ended_facts,
	-- The only ones that the new program can't go on with by itself.
	(CASE WHEN status IN ('confirmed', 'captured', 'cancelling') THEN 'was ' || status || ' when the program was replaced: compare it with its payment' ELSE '' END),
	(CASE WHEN status IN ('confirmed', 'captured', 'cancelling') THEN created_at ELSE 0 END),
	timeline,
	(status IN ('accepted', 'reserved', 'authorized', 'failing')), FALSE,
	(status = 'shipped' OR refunded_minor > 0),
	(CASE WHEN status IN ('accepted', 'reserved', 'authorized', 'failing') THEN 0 END), 0
	FROM orders;

-- What an order consists of; it never changes. Ends with its order.
CREATE TABLE order_lines (
	order_id         TEXT   NOT NULL,
	line             TEXT   NOT NULL,
	sku              TEXT   NOT NULL,
	name             TEXT   NOT NULL,
	variant          TEXT   NOT NULL,
	slug             TEXT   NOT NULL,
	picture          TEXT   NOT NULL,
	quantity         BIGINT NOT NULL CHECK (quantity > 0),
	unit_price_minor BIGINT NOT NULL CHECK (unit_price_minor >= 0),
	discount_minor   BIGINT NOT NULL,
	tax_minor        BIGINT NOT NULL,
	total_minor      BIGINT NOT NULL CHECK (total_minor >= 0),
	PRIMARY KEY (order_id, line)
);

-- Parcels. Kept, as their orders are: what was sold is kept for the books.
-- One without pieces sent the whole order; only those of before have none.
CREATE TABLE order_fulfilments (
	id              TEXT    NOT NULL PRIMARY KEY,
	order_id        TEXT    NOT NULL,
	idempotency_key TEXT    NOT NULL,
	carrier         TEXT    NOT NULL,
	tracking        TEXT    NOT NULL,
	tracking_url    TEXT    NOT NULL,
	at              BIGINT  NOT NULL,
	-- Inventory does not know of it yet.
	unbooked        BOOLEAN NOT NULL,
	UNIQUE (order_id, idempotency_key)
);

-- Money that goes back, or went. Kept for the books.
CREATE TABLE order_refunds (
	id              TEXT    NOT NULL PRIMARY KEY,
	order_id        TEXT    NOT NULL,
	idempotency_key TEXT    NOT NULL,
	amount_minor    BIGINT  NOT NULL CHECK (amount_minor >= 0),
	reason          TEXT    NOT NULL,
	asked_by        TEXT    NOT NULL,
	restock         BOOLEAN NOT NULL,
	status          TEXT    NOT NULL CHECK (status IN ('pending', 'succeeded', 'failed')),
	failure         TEXT    NOT NULL,
	at              BIGINT  NOT NULL,
	attempt         BIGINT  NOT NULL,
	unbooked        BOOLEAN NOT NULL,
	UNIQUE (order_id, idempotency_key)
);

-- Goods that came back. Kept for the books.
CREATE TABLE order_returns (
	id              TEXT    NOT NULL PRIMARY KEY,
	order_id        TEXT    NOT NULL,
	idempotency_key TEXT    NOT NULL,
	reason          TEXT    NOT NULL,
	restock         BOOLEAN NOT NULL,
	at              BIGINT  NOT NULL,
	unbooked        BOOLEAN NOT NULL,
	UNIQUE (order_id, idempotency_key)
);

-- The pieces that a fulfilment, refund or return is made of. Kept with those.
CREATE TABLE order_pieces (
	order_id     TEXT   NOT NULL,
	part_id      TEXT   NOT NULL,
	line         TEXT   NOT NULL,
	quantity     BIGINT NOT NULL CHECK (quantity > 0),
	-- What is paid back for them; 0 except for refunds.
	amount_minor BIGINT NOT NULL,
	PRIMARY KEY (order_id, part_id, line)
);

INSERT INTO order_fulfilments SELECT id || '-sent', id, 'sent', '', '', '', created_at, FALSE FROM orders WHERE status = 'shipped';
INSERT INTO order_refunds SELECT id || '-back', id, ' cancel', refunded_minor, '', 'guest', FALSE, 'succeeded', '', created_at, 0, FALSE
	FROM orders WHERE refunded_minor > 0;

DROP TABLE orders;
ALTER TABLE orders_now RENAME TO orders;
CREATE INDEX orders_status ON orders (status, id);
-- Only what is to be gone on with: the driver looks here all the time.
CREATE INDEX orders_due ON orders (due_at) WHERE due_at IS NOT NULL;
-- Only what is being placed: its number is limited.
CREATE INDEX orders_of_client ON orders (client) WHERE status = 'placing';
CREATE INDEX orders_of_recipient ON orders (recipient) WHERE status = 'placing';
-- One open order per cart: two tabs can't both buy what is in it.
CREATE UNIQUE INDEX orders_of_cart ON orders (cart_id) WHERE status = 'placing' OR take_from_cart;
CREATE INDEX orders_attention ON orders (attention_since) WHERE attention <> '';
CREATE INDEX order_fulfilments_of ON order_fulfilments (order_id);
CREATE INDEX order_refunds_of ON order_refunds (order_id);
CREATE INDEX order_returns_of ON order_returns (order_id);

-- +goose Down
DROP TABLE order_pieces;
DROP TABLE order_returns;
DROP TABLE order_refunds;
DROP TABLE order_fulfilments;
DROP TABLE order_lines;
DROP TABLE orders;
