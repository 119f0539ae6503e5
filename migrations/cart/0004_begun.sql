-- +goose Up

-- When the cart was made, in Unix microseconds; 0: before this was written down.
ALTER TABLE carts ADD COLUMN created_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX carts_created ON carts (created_at);
