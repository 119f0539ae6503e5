-- +goose Up

-- What the pictures show, for people who don't see them: JSON list in the order of
-- pictures, which ends with the last one that has a text.
ALTER TABLE catalog_products ADD COLUMN picture_alts TEXT NOT NULL DEFAULT '[]';
