-- +goose Up

-- A second factor that was started; it counts once a code of it was seen, which moves it
-- to totp_secret. '': none.
ALTER TABLE accounts ADD COLUMN totp_started TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE accounts DROP COLUMN totp_started;
