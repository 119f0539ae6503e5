-- +goose Up

-- The settings of the shop: one row, once they were changed.
CREATE TABLE settings (
	id         BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
	version    BIGINT NOT NULL,
	changed_at BIGINT NOT NULL, -- Unix microseconds
	name       TEXT NOT NULL,
	about      TEXT NOT NULL,
	headline   TEXT NOT NULL,
	welcome    TEXT NOT NULL,
	logo       TEXT NOT NULL, -- in base64
	imprint    TEXT NOT NULL,
	terms      TEXT NOT NULL,
	privacy    TEXT NOT NULL,
	withdrawal TEXT NOT NULL,
	countries  TEXT NOT NULL -- with spaces between them
);
