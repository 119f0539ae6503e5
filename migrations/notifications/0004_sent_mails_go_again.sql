-- +goose Up

-- How often an operator had the mail sent again, and when the last time; what makes the
-- message another one for mailboxes.
ALTER TABLE mails ADD COLUMN resends BIGINT NOT NULL DEFAULT 0;
ALTER TABLE mails ADD COLUMN resent_at BIGINT NOT NULL DEFAULT 0;
-- When the letter's link expires that is good once; 0: it has none.
ALTER TABLE mails ADD COLUMN link_until BIGINT NOT NULL DEFAULT 0;
-- The facts of mails that were tried are gone; their subjects, which no customer can
-- write, say what they are about. Their links last for the default times.
UPDATE mails SET link_until = created_at + 1800000000 WHERE subject = 'Set a new password';
UPDATE mails SET link_until = created_at + 86400000000 WHERE subject IN ('Confirm your e-mail address', 'Confirm your new e-mail address');
UPDATE mails SET resends = (SELECT count(*) FROM resends WHERE mail_id = mails.id),
	resent_at = (SELECT max(created_at) FROM resends WHERE mail_id = mails.id)
	WHERE id IN (SELECT mail_id FROM resends);

-- +goose Down
ALTER TABLE mails DROP COLUMN link_until;
ALTER TABLE mails DROP COLUMN resent_at;
ALTER TABLE mails DROP COLUMN resends;
