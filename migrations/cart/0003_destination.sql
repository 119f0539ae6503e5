-- +goose Up

-- Country, region and postal code, with a tab between them; '': none was said.
ALTER TABLE carts ADD COLUMN destination TEXT NOT NULL DEFAULT '';
