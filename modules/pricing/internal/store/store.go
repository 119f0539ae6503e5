// Package store keeps promotions and their uses in the module's database.
package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"galleria/modules/pricing/internal/promotion"
	"galleria/platform/database"
)

// Store is the module's tables. Safe for concurrent use.
type Store struct{ db *database.DB }

// New returns the store in db, which it does not own.
func New(db *database.DB) *Store { return &Store{db: db} }

// ErrUnknown: there is no such promotion.
var ErrUnknown = errors.New("no such promotion")

// TakenError: a code belongs to another promotion.
type TakenError struct{ Code, Promotion string }

func (e *TakenError) Error() string {
	return fmt.Sprintf("the code %s belongs to the promotion %s", e.Code, e.Promotion)
}

// Counts are how many promotions an upsert made, changed and left.
type Counts struct{ Created, Updated, Unchanged int32 }

// row is a row of promotions.
type row struct {
	ID               string
	Terms            string
	StartsAt, EndsAt int64
	MaxUses, MaxEach int64
	Used             int64
}

const columns = "id, terms, starts_at, ends_at, max_uses, max_each, used"

func (r row) promotion() (promotion.Promotion, error) {
	terms := promotion.Terms{ID: r.ID, StartsAt: moment(r.StartsAt), EndsAt: moment(r.EndsAt), MaxUses: r.MaxUses, MaxEach: r.MaxEach}
	if err := json.Unmarshal([]byte(r.Terms), &terms); err != nil {
		return promotion.Promotion{}, fmt.Errorf("read promotion %s: %w", r.ID, err)
	}
	return promotion.Restore(terms, r.Used), nil
}

func promotions(rows []row) ([]promotion.Promotion, error) {
	all := make([]promotion.Promotion, len(rows))
	for i, r := range rows {
		var err error
		if all[i], err = r.promotion(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func moment(micro int64) time.Time {
	if micro == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micro).UTC()
}

func micro(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// Version is that of the last change.
func (s *Store) Version(ctx context.Context) (version int64, err error) {
	err = s.db.Read(ctx).Raw("SELECT version FROM pricing_state WHERE id = 1").Row().Scan(&version)
	return version, err
}

// All are all promotions by id, at a version or later.
func (s *Store) All(ctx context.Context) (version int64, all []promotion.Promotion, err error) {
	if version, err = s.Version(ctx); err != nil {
		return 0, nil, err
	}
	var rows []row
	if err := s.db.Read(ctx).Raw("SELECT " + columns + " FROM promotions ORDER BY id").Scan(&rows).Error; err != nil {
		return 0, nil, err
	}
	all, err = promotions(rows)
	return version, all, err
}

// Page lists promotions by id, after one, and at a moment leaves out those that have
// ended; the zero time leaves out none.
func (s *Store) Page(ctx context.Context, after string, endedBy time.Time, most int) ([]promotion.Promotion, error) {
	var rows []row
	err := s.db.Read(ctx).Raw("SELECT "+columns+" FROM promotions WHERE id > ? AND (ends_at = 0 OR ends_at > ?) ORDER BY id LIMIT ?",
		after, micro(endedBy), most).Scan(&rows).Error
	if err != nil {
		return nil, err
	}
	return promotions(rows)
}

// Find is the promotion with this id, or none.
func (s *Store) Find(ctx context.Context, id string) ([]promotion.Promotion, error) {
	var rows []row
	if err := s.db.Read(ctx).Raw("SELECT "+columns+" FROM promotions WHERE id = ?", id).Scan(&rows).Error; err != nil {
		return nil, err
	}
	return promotions(rows)
}

// Upsert writes promotions, all or none. Their codes are taken from promotions that
// have ended; TakenError when one belongs to another that has not.
func (s *Store) Upsert(ctx context.Context, all []promotion.Promotion, now time.Time) (counts Counts, err error) {
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		counts = Counts{}
		// The row's lock makes all who change promotions follow one another.
		if err := raise(tx); err != nil {
			return err
		}
		var changed []promotion.Terms
		for _, p := range byID(all) {
			different, err := upsert(tx, p.Terms(), &counts)
			if err != nil {
				return err
			}
			if different {
				changed = append(changed, p.Terms())
			}
		}
		for _, t := range changed { // after all: two may exchange their codes
			if err := keepCodes(tx, t, now); err != nil {
				return err
			}
		}
		return nil
	})
	return counts, err
}

// byID is the order in which all who write promotions do so, that they never wait in a
// ring.
func byID(all []promotion.Promotion) []promotion.Promotion {
	return slices.SortedFunc(slices.Values(all), func(a, b promotion.Promotion) int { return strings.Compare(a.ID(), b.ID()) })
}

func raise(tx *gorm.DB) error {
	return tx.Exec("UPDATE pricing_state SET version = version + 1 WHERE id = 1").Error
}

func upsert(tx *gorm.DB, t promotion.Terms, counts *Counts) (changed bool, err error) {
	text, err := json.Marshal(t)
	if err != nil {
		return false, err
	}
	var before []row
	if err := tx.Raw("SELECT "+columns+" FROM promotions WHERE id = ?", t.ID).Scan(&before).Error; err != nil {
		return false, err
	}
	fresh := row{t.ID, string(text), micro(t.StartsAt), micro(t.EndsAt), t.MaxUses, t.MaxEach, 0}
	if len(before) == 0 {
		counts.Created++
		return true, tx.Exec("INSERT INTO promotions ("+columns+") VALUES (?, ?, ?, ?, ?, ?, 0)",
			fresh.ID, fresh.Terms, fresh.StartsAt, fresh.EndsAt, fresh.MaxUses, fresh.MaxEach).Error
	}
	if fresh.Used = before[0].Used; fresh == before[0] {
		counts.Unchanged++
		return false, nil
	}
	counts.Updated++
	if err := tx.Exec("DELETE FROM promotion_codes WHERE promotion_id = ?", t.ID).Error; err != nil {
		return false, err
	}
	return true, tx.Exec("UPDATE promotions SET terms = ?, starts_at = ?, ends_at = ?, max_uses = ?, max_each = ? WHERE id = ?",
		fresh.Terms, fresh.StartsAt, fresh.EndsAt, fresh.MaxUses, fresh.MaxEach, t.ID).Error
}

// keepCodes enters a promotion's codes.
func keepCodes(tx *gorm.DB, t promotion.Terms, now time.Time) error {
	for _, code := range t.Codes {
		folded := promotion.Fold(code)
		done := tx.Exec(`INSERT INTO promotion_codes (code, promotion_id) VALUES (?, ?)
			ON CONFLICT (code) DO UPDATE SET promotion_id = excluded.promotion_id
			WHERE promotion_codes.promotion_id = excluded.promotion_id OR promotion_codes.promotion_id IN
				(SELECT id FROM promotions WHERE ends_at <> 0 AND ends_at <= ?)`, folded, t.ID, micro(now))
		if done.Error != nil {
			return done.Error
		}
		if done.RowsAffected == 0 {
			taken := &TakenError{Code: code}
			err := tx.Raw("SELECT promotion_id FROM promotion_codes WHERE code = ?", folded).Row().Scan(&taken.Promotion)
			return errors.Join(err, taken)
		}
	}
	return nil
}

// End ends a promotion now, unless it has ended. ErrUnknown.
func (s *Store) End(ctx context.Context, id string, now time.Time) (ended promotion.Promotion, err error) {
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		if err := raise(tx); err != nil {
			return err
		}
		// One that is to begin later never does.
		err := tx.Exec(`UPDATE promotions SET ends_at = ?, starts_at = CASE WHEN starts_at >= ? THEN 0 ELSE starts_at END
			WHERE id = ? AND (ends_at = 0 OR ends_at > ?)`, micro(now), micro(now), id, micro(now)).Error
		if err != nil {
			return err
		}
		var rows []row
		if err := tx.Raw("SELECT "+columns+" FROM promotions WHERE id = ?", id).Scan(&rows).Error; err != nil {
			return err
		}
		if len(rows) == 0 {
			return ErrUnknown
		}
		ended, err = rows[0].promotion()
		return err
	})
	return ended, err
}
