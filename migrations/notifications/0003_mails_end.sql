-- +goose Up

-- Mails are deleted after the time of the setting keep_mails: sent ones count from
-- sent_at, refused ones from due_at, which then is when they were refused. Queued ones
-- are never deleted.
CREATE INDEX mails_sent ON mails (sent_at) WHERE status = 'sent';
CREATE INDEX mails_refused ON mails (due_at) WHERE status = 'refused';

-- +goose Down
DROP INDEX mails_refused;
DROP INDEX mails_sent;
