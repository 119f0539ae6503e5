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
		return c.take(quantities)
	})
}

// longestWay is how many carts, each merged into the next one, are gone through for what
// an order bought in the first.
const longestWay = 20

// take lessens the lines of the cart, and those of the carts that it was merged into by
// what was not in it any more.
func (c change) take(quantities map[string]int64) error {
	left := maps.Clone(quantities)
	been := map[string]bool{}
	for len(left) > 0 && len(been) < longestWay && !been[c.cart] {
		been[c.cart] = true
		var into []string
		err := c.tx.Raw("UPDATE carts SET expires_at = ?, version = version + 1, codes = '' WHERE id = ? AND expires_at > ? RETURNING merged_into",
			c.expiry(), c.cart, c.now.UnixMicro()).Scan(&into).Error
		if err != nil || len(into) == 0 {
			return err
		}
		if into[0] == "" {
			return c.lessen(left)
		}
		there, err := load(c.tx, c.cart, c.now)
		if err != nil {
			return err
		}
		if err := c.lessen(left); err != nil {
			return err
		}
		for _, l := range there.Lines {
			if left[l.SKU] -= l.Quantity; left[l.SKU] <= 0 {
				delete(left, l.SKU)
			}
		}
		c.cart = into[0]
	}
	return nil
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
