package store

import (
	"context"
	"maps"
	"slices"
	"strings"

	"gorm.io/gorm"
)

// Take lessens lines by what an order bought, once per order. The order is
// remembered also when the cart is gone: it may come back.
func (s *Store) Take(ctx context.Context, id, order string, quantities map[string]int64) error {
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		c := change{tx: tx, cart: id, now: s.now(), lifetime: s.lifetime}
		first, err := c.exec("INSERT INTO taken_orders (order_id, expires_at) VALUES (?, ?) ON CONFLICT DO NOTHING", order, c.expiry())
		if err != nil || first == 0 || len(quantities) == 0 {
			return err
		}
		if _, found, err := c.extend(); err != nil || !found {
			return err
		}
		return c.lessen(quantities)
	})
}

// lessen takes two statements, however many lines there are. Lines that go
// come first: of those left, all are longer than what is taken.
func (c change) lessen(quantities map[string]int64) error {
	var values []any
	for _, sku := range slices.Sorted(maps.Keys(quantities)) {
		values = append(values, sku, quantities[sku])
	}
	// PostgreSQL learns the types of the columns from the casts in every row.
	with := "WITH bought (sku, quantity) AS (VALUES " +
		strings.TrimSuffix(strings.Repeat("(CAST(? AS TEXT), CAST(? AS BIGINT)), ", len(quantities)), ", ") + ") "
	values = append(values, c.cart)
	_, err := c.exec(with+`DELETE FROM cart_items WHERE cart_id = ?
		AND quantity <= (SELECT b.quantity FROM bought b WHERE b.sku = cart_items.sku)`, values...)
	if err != nil {
		return err
	}
	_, err = c.exec(with+`UPDATE cart_items SET quantity = quantity - (SELECT b.quantity FROM bought b WHERE b.sku = cart_items.sku)
		WHERE cart_id = ? AND sku IN (SELECT sku FROM bought)`, values...)
	return err
}
