-- +goose Up
-- generation counts how often the store changed hands; place says where it
-- physically is, so that a copy is told from it.
ALTER TABLE store ADD COLUMN generation BIGINT NOT NULL DEFAULT 1;
ALTER TABLE store ADD COLUMN sealed_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE store ADD COLUMN sealed_why TEXT NOT NULL DEFAULT '';
ALTER TABLE store ADD COLUMN place TEXT NOT NULL DEFAULT '';

-- The processes that may write, each as of the generation it was let in at.
CREATE TABLE holders (
	process    TEXT PRIMARY KEY,
	generation BIGINT NOT NULL,
	since      BIGINT NOT NULL
);

-- +goose Down
DROP TABLE holders;
ALTER TABLE store DROP COLUMN place;
ALTER TABLE store DROP COLUMN sealed_why;
ALTER TABLE store DROP COLUMN sealed_at;
ALTER TABLE store DROP COLUMN generation;
