package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"galleria/modules/pricing/internal/promotion"
	"galleria/platform/mailaddress"
)

// Refusals of Redeem. UsedUpError and UnknownCodeError name the code.
var (
	ErrGivenBack  = errors.New("the order's uses were given back")
	ErrOtherCodes = errors.New("the order has redeemed other codes")
	// ErrNoCustomer: a promotion has a limit per customer, and there is none.
	ErrNoCustomer = errors.New("the promotion has a limit per customer")
)

// UsedUpError: a code has no uses left.
type UsedUpError struct{ Code string }

func (e *UsedUpError) Error() string { return "the code " + e.Code + " has no uses left" }

// UnknownCodeError: no promotion has the code.
type UnknownCodeError struct{ Code string }

func (e *UnknownCodeError) Error() string { return "no promotion has the code " + e.Code }

// customer is what the uses of a promotion by whom an e-mail address reaches are counted
// under: a hash, so that no row names a person. "" without an address.
func customer(promotionID, email string) string {
	recipient := mailaddress.RecipientOf(email)
	if recipient == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(promotionID + "\x00email\x00" + recipient))
	return base64.RawURLEncoding.EncodeToString(sum[:18])
}

// use is one use of a promotion, as stored with the order.
type use struct {
	Promotion string `json:"promotion"`
	// Customers has the one customer that it counts for, if the promotion has such a limit.
	Customers []string `json:"customers,omitempty"`
}

// called is a code with the limits of its promotion.
type called struct {
	Code             string
	ID               string
	MaxUses, MaxEach int64
}

// Redeem takes one use of each code's promotion for an order: all or none.
//
// The order's row is written first: of two calls for one order the second waits there,
// and then finds the first one's row. Then come the promotions by rising id, so that
// orders wait for each other and never in a ring.
func (s *Store) Redeem(ctx context.Context, order string, codes []string, email string, now time.Time) error {
	folded := make([]string, len(codes))
	for i, c := range codes {
		folded[i] = promotion.Fold(c)
	}
	slices.Sort(folded)
	folded = slices.Compact(folded)
	text, err := json.Marshal(folded)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		first := tx.Exec(`INSERT INTO redemptions (order_id, status, codes, uses, changed_at) VALUES (?, 'taken', ?, '[]', ?)
			ON CONFLICT DO NOTHING`, order, string(text), micro(now))
		if first.Error != nil {
			return first.Error
		}
		if first.RowsAffected == 0 {
			return repeated(tx, order, string(text))
		}
		all, err := byCode(tx, folded)
		if err != nil {
			return err
		}
		uses := []use{}
		for _, c := range all {
			if len(uses) > 0 && uses[len(uses)-1].Promotion == c.ID {
				continue // by two of its codes
			}
			u, err := take(tx, c, email)
			if err != nil {
				return err
			}
			uses = append(uses, u)
		}
		taken, err := json.Marshal(uses)
		if err != nil {
			return err
		}
		return tx.Exec("UPDATE redemptions SET uses = ? WHERE order_id = ?", string(taken), order).Error
	})
}

// repeated is the answer for an order that is known.
func repeated(tx *gorm.DB, order, codes string) error {
	var status, before string
	if err := tx.Raw("SELECT status, codes FROM redemptions WHERE order_id = ?", order).Row().Scan(&status, &before); err != nil {
		return fmt.Errorf("read the redemption of order %s: %w", order, err)
	}
	switch {
	case status == "given_back":
		return ErrGivenBack
	case before != codes:
		return ErrOtherCodes
	}
	return nil
}

// byCode finds the promotions of codes, by id.
func byCode(tx *gorm.DB, codes []string) ([]called, error) {
	if len(codes) == 0 {
		return nil, nil
	}
	var all []called
	err := tx.Raw(`SELECT c.code, p.id, p.max_uses, p.max_each FROM promotion_codes c JOIN promotions p ON p.id = c.promotion_id
		WHERE c.code IN ?`, codes).Scan(&all).Error
	if err != nil {
		return nil, err
	}
	// As byID does, and not as the database sorts texts.
	slices.SortFunc(all, func(a, b called) int { return cmp.Or(strings.Compare(a.ID, b.ID), strings.Compare(a.Code, b.Code)) })
	for _, code := range codes {
		if !slices.ContainsFunc(all, func(c called) bool { return c.Code == code }) {
			return nil, &UnknownCodeError{code}
		}
	}
	return all, nil
}

// take takes one use, if there is one: the statements that write have the limits as
// conditions.
func take(tx *gorm.DB, c called, email string) (use, error) {
	u := use{Promotion: c.ID}
	done := tx.Exec("UPDATE promotions SET used = used + 1 WHERE id = ? AND (max_uses = 0 OR used < max_uses)", c.ID)
	if done.Error != nil {
		return u, done.Error
	}
	if done.RowsAffected == 0 {
		return u, &UsedUpError{c.Code}
	}
	if c.MaxEach == 0 {
		return u, nil
	}
	key := customer(c.ID, email)
	if key == "" {
		return u, ErrNoCustomer
	}
	u.Customers = []string{key}
	done = tx.Exec(`INSERT INTO promotion_customers (promotion_id, customer, used) VALUES (?, ?, 1)
		ON CONFLICT (promotion_id, customer) DO UPDATE SET used = promotion_customers.used + 1
		WHERE promotion_customers.used < ?`, c.ID, key, c.MaxEach)
	if done.Error == nil && done.RowsAffected == 0 {
		return u, &UsedUpError{c.Code}
	}
	return u, done.Error
}

// Unredeem gives back what an order has taken, and remembers that.
func (s *Store) Unredeem(ctx context.Context, order string, now time.Time) error {
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		for {
			var text string
			err := tx.Raw(`UPDATE redemptions SET status = 'given_back', changed_at = ? WHERE order_id = ? AND status = 'taken'
				RETURNING uses`, micro(now), order).Row().Scan(&text)
			if err == nil {
				return giveBack(tx, text)
			}
			if !errors.Is(err, sql.ErrNoRows) {
				return err
			}
			// Given back before, or not known: then this is what a late Redeem finds.
			first := tx.Exec(`INSERT INTO redemptions (order_id, status, codes, uses, changed_at) VALUES (?, 'given_back', '[]', '[]', ?)
				ON CONFLICT DO NOTHING`, order, micro(now))
			if first.Error != nil || first.RowsAffected == 1 {
				return first.Error
			}
			var status string
			if err := tx.Raw("SELECT status FROM redemptions WHERE order_id = ?", order).Row().Scan(&status); err != nil || status == "given_back" {
				return err
			}
			// A Redeem came between the two statements: give that back.
		}
	})
}

func giveBack(tx *gorm.DB, text string) error {
	var uses []use
	if err := json.Unmarshal([]byte(text), &uses); err != nil {
		return fmt.Errorf("read what was redeemed: %w", err)
	}
	for _, u := range uses { // by rising id, as they were taken
		if err := tx.Exec("UPDATE promotions SET used = used - 1 WHERE id = ? AND used > 0", u.Promotion).Error; err != nil {
			return err
		}
		for _, key := range u.Customers {
			err := tx.Exec("UPDATE promotion_customers SET used = used - 1 WHERE promotion_id = ? AND customer = ? AND used > 0", u.Promotion, key).Error
			if err == nil {
				err = tx.Exec("DELETE FROM promotion_customers WHERE promotion_id = ? AND customer = ? AND used = 0", u.Promotion, key).Error
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// UsedUp tells of limited promotions which have no uses left just now, for whom the e-mail
// address reaches; without one, in all. What the order replaced has taken counts as given
// back.
func (s *Store) UsedUp(ctx context.Context, ids []string, email, replaced string) (map[string]bool, error) {
	theirs, err := s.taken(ctx, replaced)
	if err != nil {
		return nil, err
	}
	usedUp := map[string]bool{}
	for _, id := range ids { // five at most
		key := customer(id, email)
		var back, backOfOne int64
		for _, u := range theirs {
			if u.Promotion == id {
				back = 1
				if slices.Contains(u.Customers, key) {
					backOfOne = 1
				}
			}
		}
		var inAll, byOne bool
		err := s.db.Read(ctx).Raw(`SELECT p.max_uses > 0 AND p.used - ? >= p.max_uses, EXISTS (SELECT 1 FROM promotion_customers c
			WHERE p.max_each > 0 AND c.promotion_id = p.id AND c.customer = ? AND c.used - ? >= p.max_each)
			FROM promotions p WHERE p.id = ?`, back, key, backOfOne, id).Row().Scan(&inAll, &byOne)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, fmt.Errorf("read the uses of promotion %s: %w", id, err)
		}
		usedUp[id] = inAll || byOne
	}
	return usedUp, nil
}

// taken is what an order has taken and not given back; nothing without an order.
func (s *Store) taken(ctx context.Context, order string) (uses []use, err error) {
	if order == "" {
		return nil, nil
	}
	var texts []string
	err = s.db.Read(ctx).Raw("SELECT uses FROM redemptions WHERE order_id = ? AND status = 'taken'", order).Scan(&texts).Error
	if err == nil && len(texts) > 0 {
		err = json.Unmarshal([]byte(texts[0]), &uses)
	}
	if err != nil {
		return nil, fmt.Errorf("read what order %s has redeemed: %w", order, err)
	}
	return uses, nil
}

// expireBatch is how many rows one transaction deletes, so that others do not wait long.
const expireBatch = 500

var expiries = []string{
	"DELETE FROM redemptions WHERE changed_at < ? AND order_id IN (SELECT order_id FROM redemptions WHERE changed_at < ? LIMIT ?)",
	`DELETE FROM promotion_customers WHERE promotion_id IN (SELECT id FROM promotions WHERE ends_at <> 0 AND ends_at < ?)
		AND (promotion_id, customer) IN (SELECT c.promotion_id, c.customer FROM promotion_customers c
			JOIN promotions p ON p.id = c.promotion_id WHERE p.ends_at <> 0 AND p.ends_at < ? LIMIT ?)`,
}

// Expire deletes what the migration says has an end, in batches, and counts the rows.
func (s *Store) Expire(ctx context.Context, before time.Time) (deleted int64, err error) {
	for _, statement := range expiries {
		for batch := int64(expireBatch); batch == expireBatch; deleted += batch {
			err := s.db.Write(ctx, func(tx *gorm.DB) error {
				done := tx.Exec(statement, micro(before), micro(before), expireBatch)
				batch = done.RowsAffected
				return done.Error
			})
			if err != nil {
				return deleted, fmt.Errorf("delete old redemptions: %w", err)
			}
		}
	}
	return deleted, nil
}
