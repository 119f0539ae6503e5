package store

import (
	"context"
	"maps"
	"slices"
	"strings"

	"gorm.io/gorm"

	"galleria/modules/cart/internal/cart"
)

// Take takes out what an order bought, once per order. The order is
// remembered also when the cart is gone: it may come back.
func (s *Store) Take(ctx context.Context, id, order string, bought cart.Bought) error {
	defer s.kept.forget(id)
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		c := change{tx: tx, cart: id, now: s.now(), lifetime: s.lifetime}
		first, err := c.exec("INSERT INTO taken_orders (order_id, expires_at) VALUES (?, ?) ON CONFLICT DO NOTHING", order, c.expiry())
		if err != nil || first == 0 {
			return err
		}
		return c.take(bought)
	})
}

// longestWay is how many carts, each merged into the next one, are gone through for what
// an order bought in the first.
const longestWay = 20

// take takes what was bought out of the cart, and what is not in it any more out of the
// carts that it was merged into.
func (c change) take(bought cart.Bought) error {
	left, used := maps.Clone(bought.Quantities), bought.Codes
	been := map[string]bool{}
	for len(left)+len(used) > 0 && len(been) < longestWay && !been[c.cart] {
		been[c.cart] = true
		var there []struct{ MergedInto, Codes string }
		err := c.tx.Raw("UPDATE carts SET expires_at = ?, version = version + 1 WHERE id = ? AND expires_at > ? RETURNING merged_into, codes",
			c.expiry(), c.cart, c.now.UnixMicro()).Scan(&there).Error
		if err != nil || len(there) == 0 {
			return err
		}
		codes := codesOf(there[0].Codes)
		if err := c.use(codes, used); err != nil {
			return err
		}
		into := there[0].MergedInto
		if into == "" {
			return c.lessen(left)
		}
		before, err := load(c.tx, c.cart, c.now)
		if err != nil {
			return err
		}
		if err := c.lessen(left); err != nil {
			return err
		}
		for _, l := range before.Lines {
			if left[l.SKU] -= l.Quantity; left[l.SKU] <= 0 {
				delete(left, l.SKU)
			}
		}
		used = cart.WithoutCodes(used, codes)
		c.cart = into
	}
	return nil
}

// use takes the codes that an order used out of those of the cart, which is locked.
func (c change) use(codes, used []string) error {
	kept := cart.WithoutCodes(codes, used)
	if len(kept) == len(codes) {
		return nil
	}
	_, err := c.exec("UPDATE carts SET codes = ? WHERE id = ?", textOf(kept), c.cart)
	return err
}

// lessen takes two statements, however many lines there are. Lines that go
// come first: of those left, all are longer than what is taken.
func (c change) lessen(quantities map[string]int64) error {
	if len(quantities) == 0 {
		return nil
	}
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
