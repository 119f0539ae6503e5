-- +goose Up

-- One row. Every change of the catalog raises the version first of all, which
-- makes writers follow one another, and marks what it writes with it. Readers
-- poll this row and load what is marked higher than what they have.
CREATE TABLE catalog_state (
	id      BIGINT PRIMARY KEY CHECK (id = 1),
	version BIGINT NOT NULL
);
INSERT INTO catalog_state (id, version) VALUES (1, 0);

CREATE TABLE categories (
	slug     TEXT PRIMARY KEY,
	name     TEXT NOT NULL,
	intro    TEXT NOT NULL,
	position BIGINT NOT NULL,
	changed  BIGINT NOT NULL -- version
);
CREATE INDEX categories_changed ON categories (changed);

CREATE TABLE products (
	sku           TEXT PRIMARY KEY,
	slug          TEXT NOT NULL UNIQUE,
	name          TEXT NOT NULL,
	description   TEXT NOT NULL,
	category      TEXT NOT NULL REFERENCES categories (slug),
	tags          TEXT NOT NULL, -- JSON list
	currency_code TEXT NOT NULL,
	price_minor   BIGINT NOT NULL CHECK (price_minor >= 0),
	pictures      TEXT NOT NULL, -- JSON list
	active        BOOLEAN NOT NULL,
	born          BIGINT NOT NULL UNIQUE, -- orders products by when they were made
	changed       BIGINT NOT NULL -- version
);
CREATE INDEX products_changed ON products (changed);
