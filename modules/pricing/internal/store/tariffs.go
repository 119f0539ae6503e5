package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"galleria/modules/pricing/internal/tariff"
)

// ErrChangedMeanwhile: the tariffs are in another version than its author has seen.
var ErrChangedMeanwhile = errors.New("the tariffs were changed meanwhile")

// Tariffs are what the shop charges.
type Tariffs struct {
	Table   tariff.Table
	Version string
	// ChangedAt is when they were changed; the zero time: they are the configuration's.
	ChangedAt time.Time
}

// Tariffs are those that were stored, or else the configured ones.
func (s *Store) Tariffs(ctx context.Context, configured tariff.Table) (Tariffs, error) {
	return tariffs(s.db.Read(ctx), configured)
}

func tariffs(tx *gorm.DB, configured tariff.Table) (Tariffs, error) {
	var rows []struct {
		Tariffs   string
		ChangedAt int64
	}
	if err := tx.Raw("SELECT tariffs, changed_at FROM tariffs").Scan(&rows).Error; err != nil {
		return Tariffs{}, err
	}
	if len(rows) == 0 {
		return newTariffs(configured, time.Time{})
	}
	table, err := tariff.Decode(rows[0].Tariffs)
	if err != nil {
		return Tariffs{}, fmt.Errorf("the stored tariffs: %w", err)
	}
	return newTariffs(table, moment(rows[0].ChangedAt))
}

func newTariffs(table tariff.Table, changedAt time.Time) (Tariffs, error) {
	text, err := table.Encode()
	return Tariffs{Table: table, Version: tariff.Version(text), ChangedAt: changedAt}, err
}

// ChangeTariffs stores tariffs in the place of those in the version that was seen, and
// gives theirs. Those that hold already change nothing. ErrChangedMeanwhile.
func (s *Store) ChangeTariffs(ctx context.Context, to, configured tariff.Table, seen string, now time.Time) (version string, err error) {
	text, err := to.Encode()
	if err != nil {
		return "", err
	}
	version = tariff.Version(text)
	return version, s.replaceTariffs(ctx, configured, seen, func(holds Tariffs) bool { return holds.Version == version }, func(tx *gorm.DB) error {
		return tx.Exec("INSERT INTO tariffs (id, tariffs, changed_at) VALUES (1, ?, ?) ON CONFLICT (id) DO UPDATE SET (tariffs, changed_at) = (excluded.tariffs, excluded.changed_at)",
			text, micro(now)).Error
	})
}

// ResetTariffs removes the stored tariffs in the version that was seen, so that the
// configured ones hold, and gives theirs. ErrChangedMeanwhile.
func (s *Store) ResetTariffs(ctx context.Context, configured tariff.Table, seen string) (version string, err error) {
	text, err := configured.Encode()
	if err != nil {
		return "", err
	}
	return tariff.Version(text), s.replaceTariffs(ctx, configured, seen, func(holds Tariffs) bool { return holds.ChangedAt.IsZero() }, func(tx *gorm.DB) error {
		return tx.Exec("DELETE FROM tariffs").Error
	})
}

// replaceTariffs writes unless that is done already, to the version that was seen only.
func (s *Store) replaceTariffs(ctx context.Context, configured tariff.Table, seen string, done func(holds Tariffs) bool, write func(tx *gorm.DB) error) error {
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		// The row's lock makes all who change tariffs follow one another.
		if err := raise(tx); err != nil {
			return err
		}
		holds, err := tariffs(tx, configured)
		switch {
		case err != nil:
			return err
		case done(holds):
			return nil
		case holds.Version != seen:
			return ErrChangedMeanwhile
		}
		return write(tx)
	})
}
