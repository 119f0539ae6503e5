-- +goose Up
-- The W3C trace context an event was appended in; empty when it was in none.
-- The defaults let a program that does not know the columns go on writing rows.
ALTER TABLE outbox ADD COLUMN traceparent TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN tracestate TEXT NOT NULL DEFAULT '';
ALTER TABLE dead_letters ADD COLUMN traceparent TEXT NOT NULL DEFAULT '';
ALTER TABLE dead_letters ADD COLUMN tracestate TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE dead_letters DROP COLUMN tracestate;
ALTER TABLE dead_letters DROP COLUMN traceparent;
ALTER TABLE outbox DROP COLUMN tracestate;
ALTER TABLE outbox DROP COLUMN traceparent;
