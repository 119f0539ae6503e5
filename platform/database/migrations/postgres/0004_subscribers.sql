-- +goose Up
-- The reading of the stream that may apply events: a subscriber that was
-- superseded, and does not know it yet, is refused in its transaction.
CREATE TABLE subscribers (
	name    TEXT PRIMARY KEY,
	session TEXT NOT NULL
);

-- +goose Down
DROP TABLE subscribers;
