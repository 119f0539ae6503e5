package store

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"gorm.io/gorm"

	"galleria/modules/cart/internal/cart"
)

// change is one transaction on one cart.
type change struct {
	tx       *gorm.DB
	cart     string
	now      time.Time
	lifetime time.Duration
}

func (c change) expiry() int64 { return c.now.Add(c.lifetime).UnixMicro() }

// extend prolongs the life of a cart that is there, and so locks it.
func (c change) extend() (currency string, found bool, err error) {
	var there []string
	err = c.tx.Raw("UPDATE carts SET expires_at = ?, version = version + 1 WHERE id = ? AND expires_at > ? RETURNING currency_code",
		c.expiry(), c.cart, c.now.UnixMicro()).Scan(&there).Error
	if err != nil || len(there) == 0 {
		return "", false, err
	}
	return there[0], true, nil
}

// open locks the cart and makes it when it is not there; one past its time is
// replaced by an empty one.
func (c change) open(currency string) (string, error) {
	// Another process may bring an expired cart back between two statements;
	// not again and again.
	for range 3 {
		var there []string
		err := c.tx.Raw(`INSERT INTO carts (id, currency_code, created_at, expires_at) VALUES (?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at, version = carts.version + 1 WHERE carts.expires_at > ? RETURNING currency_code`,
			c.cart, currency, c.now.UnixMicro(), c.expiry(), c.now.UnixMicro()).Scan(&there).Error
		if err != nil {
			return "", err
		}
		if len(there) > 0 {
			return there[0], nil
		}
		if _, err := c.exec("DELETE FROM carts WHERE id = ? AND expires_at <= ?", c.cart, c.now.UnixMicro()); err != nil {
			return "", err
		}
	}
	return "", errors.New("a cart that is neither there nor can be made")
}

// begin locks the cart, and makes it unless it must be there.
func (c change) begin(currency string, mustExist bool) (string, error) {
	if !mustExist {
		return c.open(currency)
	}
	currency, found, err := c.extend()
	if err == nil && !found {
		err = cart.ErrNoCart
	}
	return currency, err
}

// note remembers an addition; repeated tells that it was made before.
func (c change) note(a cart.Addition) (repeated bool, err error) {
	made, err := c.exec(`INSERT INTO cart_additions (cart_id, idempotency_key, sku, quantity, expires_at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT DO NOTHING`, a.Cart, a.Key, a.Item.SKU, a.Item.Quantity, c.expiry())
	if err != nil {
		return false, err
	}
	if made > 0 {
		return false, c.boundNotes()
	}
	var first cart.Item
	err = c.tx.Raw("SELECT sku, quantity FROM cart_additions WHERE cart_id = ? AND idempotency_key = ?", a.Cart, a.Key).Row().Scan(&first.SKU, &first.Quantity)
	if err != nil {
		return false, fmt.Errorf("read an addition: %w", err)
	}
	return true, a.Repeats(cart.Addition{Item: first})
}

// notesKept is how many additions of a cart are remembered: far more than a shopper makes, and
// what one client can leave in the database with one cart.
const notesKept = 1000

// boundNotes forgets the oldest additions beyond those, with one addition in 64: it reads all
// of them. Chance says which, so that a client can't steer around it.
func (c change) boundNotes() error {
	if rand.N(64) != 0 {
		return nil
	}
	_, err := c.exec(`DELETE FROM cart_additions WHERE cart_id = ? AND expires_at <
		(SELECT expires_at FROM cart_additions WHERE cart_id = ? ORDER BY expires_at DESC LIMIT 1 OFFSET ?)`, c.cart, c.cart, notesKept-1)
	return err
}

// settle lets an empty cart take the currency of what comes into it.
func (c change) settle(was, currency string) error {
	if was == currency {
		return nil
	}
	settled, err := c.exec("UPDATE carts SET currency_code = ? WHERE id = ? AND NOT EXISTS (SELECT 1 FROM cart_items WHERE cart_id = ?)", currency, c.cart, c.cart)
	if err == nil && settled == 0 {
		err = cart.InCurrency(was)
	}
	return err
}

// put begins a line, or gives the one that is there the quantity, which is SQL.
func (c change) put(item cart.Item, quantity string) error {
	written, err := c.exec(`INSERT INTO cart_items (cart_id, sku, name, quantity, position)
		SELECT CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS BIGINT),
			(SELECT COALESCE(MAX(position), 0) + 1 FROM cart_items WHERE cart_id = ?)
		WHERE (SELECT COUNT(*) FROM cart_items WHERE cart_id = ? AND sku <> ?) < ?
		ON CONFLICT (cart_id, sku) DO UPDATE SET quantity = `+quantity+`, name = excluded.name
		WHERE `+quantity+` <= ?`,
		c.cart, item.SKU, item.Name, item.Quantity, c.cart, c.cart, item.SKU, cart.MaxLines, cart.MaxQuantity)
	if err != nil || written > 0 {
		return err
	}
	there, err := c.has(item.SKU)
	if err != nil {
		return err
	}
	if there {
		return cart.ErrLineFull
	}
	return cart.ErrCartFull
}

// has tells whether the cart has a line of that sku.
func (c change) has(sku string) (bool, error) {
	var lines int64
	err := c.tx.Raw("SELECT COUNT(*) FROM cart_items WHERE cart_id = ? AND sku = ?", c.cart, sku).Scan(&lines).Error
	return lines > 0, err
}

// remove removes a line, if there is one, and does not make a cart for that.
func (c change) remove(sku string) (count int64, err error) {
	if _, found, err := c.extend(); err != nil || !found {
		return 0, err
	}
	if _, err := c.exec("DELETE FROM cart_items WHERE cart_id = ? AND sku = ?", c.cart, sku); err != nil {
		return 0, err
	}
	return c.count()
}

func (c change) count() (count int64, err error) {
	err = c.tx.Raw("SELECT CAST(COALESCE(SUM(quantity), 0) AS BIGINT) FROM cart_items WHERE cart_id = ?", c.cart).Scan(&count).Error
	return count, err
}

func (c change) exec(query string, values ...any) (affected int64, err error) {
	done := c.tx.Exec(query, values...)
	return done.RowsAffected, done.Error
}
