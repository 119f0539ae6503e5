package store

import (
	"context"
	"fmt"
	"time"
)

// Quarter is the length of the steps that sales are added up in: days begin at a
// multiple of it in every time zone.
const Quarter = 15 * time.Minute

// Sold is what was sold in the quarter of an hour that begins at At.
type Sold struct {
	At            time.Time
	Orders, Total int64
}

// Seller is what was sold of a sku.
type Seller struct {
	SKU, Name, Variant string
	Quantity, Total    int64
}

// isSold is as in the index orders_sold, which has all that is asked for.
const isSold = "status IN ('open', 'closed')"

// Sold adds up what was sold from one time to another, by quarters of an hour; those
// without orders are left out.
func (s *Store) Sold(ctx context.Context, currency string, from, to time.Time) ([]Sold, error) {
	var rows []struct{ Quarter, Orders, Total int64 }
	err := s.db.Read(ctx).Raw("SELECT created_at / ? AS quarter, COUNT(*) AS orders, CAST(SUM(total_minor) AS BIGINT) AS total FROM orders WHERE "+isSold+
		" AND currency_code = ? AND created_at >= ? AND created_at < ? GROUP BY 1 ORDER BY 1",
		Quarter.Microseconds(), currency, from.UnixMicro(), to.UnixMicro()).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("add up the sales: %w", err)
	}
	var all []Sold
	for _, r := range rows {
		all = append(all, Sold{At: at(r.Quarter * Quarter.Microseconds()), Orders: r.Orders, Total: r.Total})
	}
	return all, nil
}

// BestSellers are the skus that sold for most in that time.
func (s *Store) BestSellers(ctx context.Context, currency string, from, to time.Time, limit int) ([]Seller, error) {
	db := s.db.Read(ctx)
	var all []Seller
	err := db.Raw(`SELECT sku, CAST(SUM(quantity) AS BIGINT) AS quantity, CAST(SUM(total_minor) AS BIGINT) AS total, MAX(order_id) AS name FROM order_lines
		WHERE order_id IN (SELECT id FROM orders WHERE `+isSold+` AND currency_code = ? AND created_at >= ? AND created_at < ?)
		GROUP BY sku ORDER BY 3 DESC, 1 LIMIT ?`, currency, from.UnixMicro(), to.UnixMicro(), limit).Scan(&all).Error
	for i := range all {
		// The latest order knows what it is called.
		var names []struct{ Name, Variant string }
		if err == nil {
			err = db.Raw("SELECT name, variant FROM order_lines WHERE order_id = ? AND sku = ? LIMIT 1", all[i].Name, all[i].SKU).Scan(&names).Error
		}
		all[i].Name = ""
		if len(names) > 0 {
			all[i].Name, all[i].Variant = names[0].Name, names[0].Variant
		}
	}
	if err != nil {
		return nil, fmt.Errorf("find the best sellers: %w", err)
	}
	return all, nil
}
