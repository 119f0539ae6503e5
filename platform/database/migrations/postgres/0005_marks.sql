-- +goose Up
-- The marks that processes have left in the store, the last ones of them: a store
-- without the one that a process remembers was put back to an earlier state. Their
-- number counts on in store.marks.
CREATE TABLE marks (
	number BIGINT PRIMARY KEY,
	mark   TEXT NOT NULL
);
ALTER TABLE store ADD COLUMN marks BIGINT NOT NULL DEFAULT 0;

-- adopted is how often the store was said to be the right one: what was remembered of it
-- before that counts no more.
ALTER TABLE store ADD COLUMN adopted BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE store DROP COLUMN adopted;
ALTER TABLE store DROP COLUMN marks;
DROP TABLE marks;
