// Package store keeps carts in the module's database.
//
// A cart that is read again costs a look at its version (see kept).
//
// Every change begins by extending the cart's life, which locks its row:
// changes of one cart follow one another, also on PostgreSQL. The limits are
// conditions of the statements themselves all the same.
package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"gorm.io/gorm"

	"galleria/modules/cart/internal/cart"
	"galleria/platform/database"
)

// Store is the cart's tables. Safe for concurrent use.
type Store struct {
	db       *database.DB
	now      func() time.Time
	lifetime time.Duration
	kept     *kept
}

// New returns the store in db, which it does not own. Carts live for lifetime
// after their last change.
func New(db *database.DB, now func() time.Time, lifetime time.Duration) *Store {
	return &Store{db: db, now: now, lifetime: lifetime, kept: newKept(mostKept)}
}

// Load gets a cart; one that is not there, or expired, is empty.
func (s *Store) Load(ctx context.Context, id string) (cart.Cart, error) {
	db, now := s.db.Read(ctx), s.now()
	if c, found := s.kept.get(id); found {
		same, err := unchanged(db, c, now)
		if err != nil || same {
			return c, err
		}
	}
	c, err := load(db, id, now)
	if err == nil && c.Version > 0 {
		s.kept.put(c)
	}
	return c, err
}

// unchanged tells whether a cart that was read before is still the same. A cart that was
// forgotten and made again begins with version 1, but never ends when the one before
// did.
func unchanged(db *gorm.DB, c cart.Cart, now time.Time) (bool, error) {
	var version, expires int64
	err := db.Raw("SELECT version, expires_at FROM carts WHERE id = ? AND expires_at > ?", c.ID, now.UnixMicro()).Row().Scan(&version, &expires)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return version == c.Version && expires == c.Expires.UnixMicro(), err
}

func load(db *gorm.DB, id string, now time.Time) (cart.Cart, error) {
	rows, err := db.Raw(`SELECT c.version, c.expires_at, c.currency_code, c.codes, c.delivery_option, c.destination, c.customer_id, c.merged_from,
			COALESCE(i.sku, ''), COALESCE(i.name, ''), COALESCE(i.quantity, 0)
		FROM carts c LEFT JOIN cart_items i ON i.cart_id = c.id
		WHERE c.id = ? AND c.expires_at > ? ORDER BY i.position`, id, now.UnixMicro()).Rows()
	if err != nil {
		return cart.Cart{}, err
	}
	defer rows.Close()
	c := cart.Cart{ID: id}
	var expires int64
	var codes, destination, merged string
	for rows.Next() {
		var l cart.Line
		if err := rows.Scan(&c.Version, &expires, &c.Currency, &codes, &c.Delivery, &destination, &c.Customer, &merged, &l.SKU, &l.Name, &l.Quantity); err != nil {
			return cart.Cart{}, err
		}
		if l.Quantity > 0 { // 0: the one row of a cart without lines
			c.Lines = append(c.Lines, l)
		}
	}
	if c.Version > 0 {
		c.Expires, c.Codes, c.Destination = time.UnixMicro(expires).UTC(), codesOf(codes), destinationOf(destination)
		c.Merged = strings.Fields(merged)
	}
	return c, rows.Err()
}

// Create makes an empty cart, unless it is there.
func (s *Store) Create(ctx context.Context, id string) error {
	defer s.kept.forget(id)
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		c := change{tx: tx, cart: id, now: s.now(), lifetime: s.lifetime}
		// One past its time goes first, with its lines.
		if _, err := c.exec("DELETE FROM carts WHERE id = ? AND expires_at <= ?", id, c.now.UnixMicro()); err != nil {
			return err
		}
		_, err := c.exec("INSERT INTO carts (id, currency_code, created_at, expires_at) VALUES (?, '', ?, ?) ON CONFLICT DO NOTHING", id, c.now.UnixMicro(), c.expiry())
		return err
	})
}

// Added tells whether an addition was made before.
func (s *Store) Added(ctx context.Context, a cart.Addition) (count int64, before bool, err error) {
	var rows []struct {
		SKU             string
		Quantity, Count int64
	}
	err = s.db.Read(ctx).Raw(`SELECT a.sku, a.quantity,
			(SELECT CAST(COALESCE(SUM(i.quantity), 0) AS BIGINT) FROM cart_items i WHERE i.cart_id = c.id) AS count
		FROM cart_additions a JOIN carts c ON c.id = a.cart_id
		WHERE a.cart_id = ? AND a.idempotency_key = ? AND c.expires_at > ?`, a.Cart, a.Key, s.now().UnixMicro()).Scan(&rows).Error
	if err != nil || len(rows) == 0 {
		return 0, false, err
	}
	first := cart.Addition{Item: cart.Item{SKU: rows[0].SKU, Quantity: rows[0].Quantity}}
	return rows[0].Count, true, a.Repeats(first)
}

// errBefore rolls back what an addition did that was made before.
var errBefore = errors.New("an addition that was made before")

// Add makes an addition, once per key; one that was made before changes nothing.
func (s *Store) Add(ctx context.Context, a cart.Addition) (count int64, before bool, err error) {
	defer s.kept.forget(a.Cart)
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		c := change{tx: tx, cart: a.Cart, now: s.now(), lifetime: s.lifetime}
		currency, err := c.begin(a.Item.Currency, a.MustExist)
		if err != nil {
			return err
		}
		if before, err = c.note(a); err != nil {
			return err
		}
		if !before {
			if err := c.settle(currency, a.Item.Currency); err != nil {
				return err
			}
			if err := c.put(a.Item, "cart_items.quantity + excluded.quantity"); err != nil {
				return err
			}
		}
		if count, err = c.count(); err == nil && before {
			err = errBefore
		}
		return err
	})
	if errors.Is(err, errBefore) {
		err = nil
	}
	return count, before, err
}

// Set sets the quantity of a line; 0 removes it.
func (s *Store) Set(ctx context.Context, set cart.Setting) (count int64, err error) {
	defer s.kept.forget(set.Cart)
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		c := change{tx: tx, cart: set.Cart, now: s.now(), lifetime: s.lifetime}
		if set.Item.Quantity == 0 {
			count, err = c.remove(set.Item.SKU)
			return err
		}
		currency, err := c.begin(set.Item.Currency, set.MustExist || set.LineMustExist)
		if err != nil {
			return err
		}
		if set.LineMustExist {
			if there, err := c.has(set.Item.SKU); err != nil || !there {
				return cmp.Or(err, cart.ErrNoLine)
			}
		}
		if err := c.settle(currency, set.Item.Currency); err != nil {
			return err
		}
		if err := c.put(set.Item, "excluded.quantity"); err != nil {
			return err
		}
		count, err = c.count()
		return err
	})
	return count, err
}
