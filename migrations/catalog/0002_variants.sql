-- +goose Up

-- A product is what has a page, and is sold as its variants. What was a product
-- with a sku becomes one with a single variant of that sku.
--
-- Its id is the number of its creation, in the form of the ids that are made from
-- now on: 26 characters, sorted by age.

CREATE TABLE catalog_products (
	id           TEXT PRIMARY KEY,
	slug         TEXT NOT NULL UNIQUE,
	former_slugs TEXT NOT NULL, -- JSON list, the latest last; at most 20
	name         TEXT NOT NULL,
	description  TEXT NOT NULL,
	category     TEXT NOT NULL REFERENCES categories (slug),
	tags         TEXT NOT NULL, -- JSON list
	attributes   TEXT NOT NULL, -- JSON list of [name, value]
	pictures     TEXT NOT NULL, -- JSON list
	options      TEXT NOT NULL, -- JSON list of [name, value, value, …]
	active       BOOLEAN NOT NULL,
	created_at   BIGINT NOT NULL, -- Unix microseconds; 0: before it was noted
	born         BIGINT NOT NULL UNIQUE, -- orders products by when they were made
	changed      BIGINT NOT NULL -- version
);

CREATE TABLE variants (
	sku           TEXT PRIMARY KEY,
	product_id    TEXT NOT NULL REFERENCES catalog_products (id),
	position      BIGINT NOT NULL, -- among those of the product
	option_values TEXT NOT NULL, -- JSON list, in the order of the product's options
	prices        TEXT NOT NULL, -- JSON list of [currency, amount, compare at], in minor units
	weight_grams  BIGINT NOT NULL,
	tax_class     TEXT NOT NULL,
	picture       TEXT NOT NULL,
	active        BOOLEAN NOT NULL
);

INSERT INTO catalog_products (id, slug, former_slugs, name, description, category, tags, attributes, pictures, options, active, created_at, born, changed)
SELECT substr('00000000000000000000000000', 1, 26 - length(CAST(born AS TEXT))) || CAST(born AS TEXT),
	slug, '[]', name, description, category, tags, '[]', pictures, '[]', active, 0, born, changed
FROM products;

INSERT INTO variants (sku, product_id, position, option_values, prices, weight_grams, tax_class, picture, active)
SELECT sku, substr('00000000000000000000000000', 1, 26 - length(CAST(born AS TEXT))) || CAST(born AS TEXT),
	0, '[]', '[["' || currency_code || '",' || CAST(price_minor AS TEXT) || ',0]]', 0, '', '', active
FROM products;

DROP TABLE products;

CREATE INDEX catalog_products_changed ON catalog_products (changed);
CREATE INDEX catalog_products_category ON catalog_products (category);
CREATE INDEX variants_product ON variants (product_id);

-- What was deleted, so that other processes take it out of their memory. One that
-- is more than 10,000 versions behind reads everything anew instead, so older
-- rows are removed with each deletion.
CREATE TABLE deletions (
	what    TEXT NOT NULL, -- 'product' or 'category'
	key     TEXT NOT NULL, -- id or slug
	changed BIGINT NOT NULL, -- version
	PRIMARY KEY (what, key)
);
CREATE INDEX deletions_changed ON deletions (changed);
