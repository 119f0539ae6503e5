-- +goose Up

-- What the shop sells in: codes with spaces between them, its own first.
ALTER TABLE settings ADD COLUMN currencies TEXT NOT NULL DEFAULT '';
