// Package store keeps the settings in the module's database.
package store

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"galleria/modules/settings/internal/shop"
	"galleria/platform/database"
)

// Store is the module's table. Safe for concurrent use.
type Store struct {
	db  *database.DB
	now func() time.Time
}

// New returns the store in db, which it does not own.
func New(db *database.DB, now func() time.Time) *Store { return &Store{db: db, now: now} }

// Version is that of the settings; 0: there are none.
func (s *Store) Version(ctx context.Context) (version int64, err error) {
	err = s.db.Read(ctx).Raw("SELECT COALESCE(MAX(version), 0) FROM settings").Row().Scan(&version)
	return version, err
}

// Get gets the settings; empty ones in version 0 when none were made.
func (s *Store) Get(ctx context.Context) (shop.Settings, error) { return get(s.db.Read(ctx)) }

func get(tx *gorm.DB) (shop.Settings, error) {
	var rows []struct {
		Version, ChangedAt                                                        int64
		Name, About, Headline, Welcome, Logo, Imprint, Terms, Privacy, Withdrawal string
		Countries, Currencies                                                     string
	}
	if err := tx.Raw("SELECT * FROM settings").Scan(&rows).Error; err != nil || len(rows) == 0 {
		return shop.Settings{}, err
	}
	r := rows[0]
	logo, err := base64.StdEncoding.DecodeString(r.Logo)
	if err != nil {
		return shop.Settings{}, fmt.Errorf("the stored logo: %w", err)
	}
	return shop.Settings{
		Version: r.Version, ChangedAt: time.UnixMicro(r.ChangedAt), Name: r.Name, About: r.About, Headline: r.Headline, Welcome: r.Welcome, Logo: logo,
		Imprint: r.Imprint, Terms: r.Terms, Privacy: r.Privacy, Withdrawal: r.Withdrawal, Countries: strings.Fields(r.Countries),
		Currencies: strings.Fields(r.Currencies),
	}, nil
}

// Change replaces the settings, if they are in this version, and gives the new one. The
// same settings again change nothing. shop.ErrChangedMeanwhile: they are in another.
func (s *Store) Change(ctx context.Context, to shop.Settings, seen int64) (version int64, err error) {
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		now, err := get(tx)
		switch {
		case err != nil:
			return err
		case now.Version > 0 && now.Same(to):
			version = now.Version
			return nil
		case now.Version != seen:
			return shop.ErrChangedMeanwhile
		}
		version = seen + 1
		values := []any{
			version, s.now().UnixMicro(), to.Name, to.About, to.Headline, to.Welcome, base64.StdEncoding.EncodeToString(to.Logo),
			to.Imprint, to.Terms, to.Privacy, to.Withdrawal, strings.Join(to.Countries, " "), strings.Join(to.Currencies, " "),
		}
		// Of two who change at once, one is first: the other finds another version, or the row.
		const columns = "version, changed_at, name, about, headline, welcome, logo, imprint, terms, privacy, withdrawal, countries, currencies"
		done := tx.Exec("INSERT INTO settings (id, "+columns+") VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET ("+columns+
			") = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) WHERE settings.version = ?", append(append(values, values...), seen)...)
		if done.Error == nil && done.RowsAffected == 0 {
			return shop.ErrChangedMeanwhile
		}
		return done.Error
	})
	return version, err
}
