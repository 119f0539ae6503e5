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
	defer s.kept.forget(id)
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		c := change{tx: tx, cart: id, now: s.now(), lifetime: s.lifetime}
		first, err := c.exec("INSERT INTO taken_orders (order_id, expires_at) VALUES (?, ?) ON CONFLICT DO NOTHING", order, c.expiry())
		if err != nil || first == 0 || len(quantities) == 0 {
			return err
		}
		if found, err := c.exec("UPDATE carts SET expires_at = ?, version = version + 1, codes = '' WHERE id = ? AND expires_at > ?",
			c.expiry(), id, c.now.UnixMicro()); err != nil || found == 0 {
			return err
		}
		return c.lessen(quantities)
	})
}

// lessen takes two statements, however many lines there are. Lines that go
// come first: of those left, all are longer than what is taken.
func (c change) lessen(quantities map[string]int64) error {
	skus := slices.Sorted(maps.Keys(quantities))
	bought := "CASE sku " + strings.Repeat("WHEN ? THEN CAST(? AS BIGINT) ", len(skus)) + "ELSE 0 END"
	var values []any
	for _, sku := range skus {
		values = append(values, sku, quantities[sku])
	}
	if _, err := c.exec("DELETE FROM cart_items WHERE quantity <= "+bought+" AND cart_id = ?", append(values, c.cart)...); err != nil {
		return err
	}
	_, err := c.exec("UPDATE cart_items SET quantity = quantity - "+bought+" WHERE cart_id = ? AND sku IN ?", append(values, c.cart, skus)...)
	return err
}
