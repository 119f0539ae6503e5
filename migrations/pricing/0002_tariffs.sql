-- +goose Up

-- What the shop charges for delivery and as tax: one row once it was changed by the
-- staff; no row while the configuration says it. tariffs is JSON: read as a whole, and
-- looked at by the program only. Each change raises the version in pricing_state.
CREATE TABLE tariffs (
	id         BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
	tariffs    TEXT   NOT NULL,
	changed_at BIGINT NOT NULL -- Unix microseconds
);

-- +goose Down
DROP TABLE tariffs;
