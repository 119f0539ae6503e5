package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"galleria/migrations"
	"galleria/modules/orders"
	"galleria/platform/database"
)

// manyOrders is with how many orders a checkout must cost what the first one did.
const manyOrders = 1_000_000

// benchMany measures whole checkouts in a shop without orders, and in the same one when
// it has very many that are over.
func benchMany(binary string, d time.Duration) error {
	data, g, remove, err := usualShop(binary)
	if err != nil {
		return err
	}
	defer remove()
	checkouts := func() (r loadResult, err error) {
		err = g.inOneProcess(binary, data, func(s *shop) error {
			r, err = load(s, buyers, d, func(worker int) error {
				one := newShopper(g.client, s.url)
				return errors.Join(one.add(g.skus[worker%len(g.skus)]), one.buy())
			})
			return err
		})
		return r, err
	}
	few, err := checkouts()
	if err != nil {
		return err
	}
	began := time.Now()
	if err := multiplyOrders(data); err != nil {
		return err
	}
	fmt.Printf("\nA checkout, %d at a time, before and after %d orders were made in %v\n", buyers, manyOrders, time.Since(began).Round(time.Second))
	many, err := checkouts()
	if err != nil {
		return err
	}
	for _, row := range []struct {
		name string
		r    loadResult
	}{{"few orders", few}, {fmt.Sprint(manyOrders, " orders"), many}} {
		fmt.Printf("%s: %.0f/s, %.0f per CPU-second of the server, p50 %v, p99 %v\n", row.name, row.r.perSecond(), row.r.perCPUSecond(),
			row.r.p50.Round(time.Millisecond), row.r.p99.Round(time.Millisecond))
	}
	fmt.Printf("many / few, per CPU-second: %.2f\n", many.perCPUSecond()/few.perCPUSecond())
	return nil
}

// multiplyOrders copies one order, with its lines, as orders that are over.
func multiplyOrders(data string) (err error) {
	ctx := context.Background()
	db, err := database.Open(ctx, database.Options{Module: orders.Name, Dir: data, Migrations: migrations.For(orders.Name), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close(ctx)) }()
	const atOnce = 50_000
	for first := 0; first < manyOrders; first += atOnce {
		err := db.Write(ctx, func(tx *gorm.DB) error {
			for _, table := range []struct {
				name, where string
				own         map[string]string // what differs from copy to copy, or from the first
			}{
				{"orders", "id = (SELECT min(id) FROM orders)", map[string]string{
					"id": "id || '-' || n", "number": "number || '-' || n", "idempotency_key": "idempotency_key || '-' || n", "cart_id": "cart_id || '-' || n",
					"status": "'closed'", "due_at": "NULL", "take_from_cart": "FALSE",
				}},
				{"order_lines", "order_id = (SELECT min(id) FROM orders)", map[string]string{"order_id": "order_id || '-' || n"}},
			} {
				rows, err := tx.Raw("SELECT * FROM " + table.name + " WHERE 1 = 0").Rows()
				if err != nil {
					return err
				}
				columns, err := rows.Columns()
				rows.Close()
				if err != nil {
					return err
				}
				values := slices.Clone(columns)
				for i, c := range columns {
					if own, differs := table.own[c]; differs {
						values[i] = own
					}
				}
				err = tx.Exec("WITH RECURSIVE copies(n) AS (SELECT ? UNION ALL SELECT n + 1 FROM copies WHERE n < ?) INSERT INTO "+table.name+
					" ("+strings.Join(columns, ", ")+") SELECT "+strings.Join(values, ", ")+" FROM "+table.name+", copies WHERE "+table.where, first+1, first+atOnce).Error
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("copy orders: %w", err)
		}
	}
	return nil
}
