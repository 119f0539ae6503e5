-- +goose Up

-- What products said before their last changes, so that these can be taken back.
CREATE TABLE earlier_products (
	product_id  TEXT NOT NULL,
	changed     BIGINT NOT NULL, -- version of the catalog that the change made
	version     TEXT NOT NULL, -- of the product before the change
	replaced_by TEXT NOT NULL, -- and after it
	facts       TEXT NOT NULL, -- JSON: what it said before
	PRIMARY KEY (product_id, changed)
);
CREATE INDEX earlier_products_changed ON earlier_products (changed);
