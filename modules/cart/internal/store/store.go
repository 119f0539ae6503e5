// Package store keeps carts in the module's database.
//
// Every change begins by extending the cart's life, which locks its row:
// changes of one cart follow one another, also on PostgreSQL. The limits are
// conditions of the statements themselves all the same.
package store

import (
	"context"
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
}

// New returns the store in db, which it does not own. Carts live for lifetime
// after their last change.
func New(db *database.DB, now func() time.Time, lifetime time.Duration) *Store {
	return &Store{db: db, now: now, lifetime: lifetime}
}

// Load gets a cart; one that is not there, or expired, is empty.
func (s *Store) Load(ctx context.Context, id string) (cart.Cart, error) {
	return load(s.db.Read(ctx), id, s.now())
}

func load(db *gorm.DB, id string, now time.Time) (cart.Cart, error) {
	var rows []struct {
		Version, ExpiresAt                              int64
		CurrencyCode, Codes, DeliveryOption, CustomerID string
		SKU, Name                                       string
		Quantity                                        int64
	}
	err := db.Raw(`SELECT c.version, c.expires_at, c.currency_code, c.codes, c.delivery_option, c.customer_id,
			COALESCE(i.sku, '') AS sku, COALESCE(i.name, '') AS name, COALESCE(i.quantity, 0) AS quantity
		FROM carts c LEFT JOIN cart_items i ON i.cart_id = c.id
		WHERE c.id = ? AND c.expires_at > ? ORDER BY i.position`, id, now.UnixMicro()).Scan(&rows).Error
	if err != nil {
		return cart.Cart{}, err
	}
	c := cart.Cart{ID: id}
	for _, r := range rows {
		c.Version, c.Currency, c.Expires = r.Version, r.CurrencyCode, time.UnixMicro(r.ExpiresAt).UTC()
		c.Codes, c.Delivery, c.Customer = codesOf(r.Codes), r.DeliveryOption, r.CustomerID
		if r.Quantity > 0 { // 0: the one row of a cart without lines
			c.Lines = append(c.Lines, cart.Line{SKU: r.SKU, Name: r.Name, Quantity: r.Quantity})
		}
	}
	return c, nil
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

// Add makes an addition, once per key.
func (s *Store) Add(ctx context.Context, a cart.Addition) (count int64, before bool, err error) {
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
		count, err = c.count()
		return err
	})
	return count, before, err
}

// Set sets the quantity of a line; 0 removes it. mustExist: it makes no cart.
func (s *Store) Set(ctx context.Context, id string, item cart.Item, mustExist bool) (count int64, err error) {
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		c := change{tx: tx, cart: id, now: s.now(), lifetime: s.lifetime}
		if item.Quantity == 0 {
			count, err = c.remove(item.SKU)
			return err
		}
		currency, err := c.begin(item.Currency, mustExist)
		if err != nil {
			return err
		}
		if err := c.settle(currency, item.Currency); err != nil {
			return err
		}
		if err := c.put(item, "excluded.quantity"); err != nil {
			return err
		}
		count, err = c.count()
		return err
	})
	return count, err
}
