-- +goose Up

-- A withdrawn category is not shown; its products are sold as before.
ALTER TABLE categories ADD COLUMN withdrawn BOOLEAN NOT NULL DEFAULT FALSE;
