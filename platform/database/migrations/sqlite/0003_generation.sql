-- +goose Up
-- generation is raised when the store is taken from processes; place says where it
-- physically is, so that a copy is told from it.
ALTER TABLE store ADD COLUMN generation BIGINT NOT NULL DEFAULT 1;
ALTER TABLE store ADD COLUMN sealed_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE store ADD COLUMN sealed_why TEXT NOT NULL DEFAULT '';
ALTER TABLE store ADD COLUMN place TEXT NOT NULL DEFAULT '';

-- lease_token counts the acquisitions of leases, so that no token comes twice.
ALTER TABLE store ADD COLUMN lease_token BIGINT NOT NULL DEFAULT 0;
ALTER TABLE leases ADD COLUMN token BIGINT NOT NULL DEFAULT 0;

-- The processes that have the store open and may write, each as of the
-- generation it was let in at. id is new at each opening.
CREATE TABLE holders (
	id         TEXT PRIMARY KEY,
	process    TEXT NOT NULL,
	generation BIGINT NOT NULL,
	since      BIGINT NOT NULL
);

-- +goose Down
DROP TABLE holders;
ALTER TABLE leases DROP COLUMN token;
ALTER TABLE store DROP COLUMN lease_token;
ALTER TABLE store DROP COLUMN place;
ALTER TABLE store DROP COLUMN sealed_why;
ALTER TABLE store DROP COLUMN sealed_at;
ALTER TABLE store DROP COLUMN generation;
