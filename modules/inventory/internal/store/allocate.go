package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"gorm.io/gorm"

	"galleria/modules/inventory/internal/stock"
)

// open is what of an allocation is still kept.
const open = "(quantity - shipped - released - expired)"

// hold is the row of an order.
type hold struct {
	state, lines string
	endsAt       int64
}

// Allocate keeps goods for an order, or moves the end of what is kept already, or
// takes again what had expired. It returns when it ends; zero: never. Errors:
// stock.Short, stock.ErrReleased, stock.ErrKeyReused.
//
// The row of the order is written before the levels: of two calls for one order the
// second waits there, and then finds the first one's row.
func (s *Store) Allocate(ctx context.Context, a stock.Allocation, now time.Time) (endsAt time.Time, err error) {
	text, ends := encode(a.Lines), micros(a.EndsAt)
	err = s.write(ctx, "allocate to order "+a.OrderID, func(tx *gorm.DB) error {
		// A hold is mostly the first that is heard of an order; an allocation
		// without end follows it.
		for insert := ends != 0; ; insert = true {
			if insert {
				first := tx.Exec(`INSERT INTO holds (order_id, state, lines, ends_at, created_at, closed_at)
					VALUES (?, 'open', ?, ?, ?, 0) ON CONFLICT DO NOTHING`, a.OrderID, text, ends, now.UnixMicro())
				if first.Error != nil {
					return first.Error
				}
				if first.RowsAffected == 1 {
					endsAt = timeOf(ends)
					return s.take(tx, a.OrderID, a.Lines, ends != 0, now)
				}
			}
			h, err := renew(tx, a.OrderID, ends)
			switch {
			case errors.Is(err, sql.ErrNoRows):
				continue
			case err != nil:
				return err
			case h.state == "released":
				return stock.ErrReleased
			case h.lines != text:
				return stock.ErrKeyReused
			}
			endsAt = timeOf(h.endsAt)
			if h.state == "expired" {
				return s.takeAgain(tx, a.OrderID, h.endsAt != 0, now)
			}
			return nil
		}
	})
	return endsAt, err
}

// renew moves the end of a hold: to later, or to never. A failed transaction takes it
// back.
func renew(tx *gorm.DB, orderID string, ends int64) (h hold, err error) {
	err = tx.Raw(`UPDATE holds SET ends_at = CASE WHEN ends_at = 0 OR CAST(? AS BIGINT) = 0 THEN 0
			WHEN ends_at < CAST(? AS BIGINT) THEN CAST(? AS BIGINT) ELSE ends_at END
		WHERE order_id = ? RETURNING state, lines, ends_at`, ends, ends, ends, orderID).Row().Scan(&h.state, &h.lines, &h.endsAt)
	return h, err
}

// takeAgain takes what had expired.
func (s *Store) takeAgain(tx *gorm.DB, orderID string, held bool, now time.Time) error {
	var lines stock.Lines
	gone := tx.Raw(`SELECT sku, CAST(SUM(expired) AS BIGINT) FROM allocations WHERE order_id = ? AND expired > 0
		GROUP BY sku ORDER BY sku`, orderID)
	err := each(gone, func(rows *sql.Rows) error {
		var l stock.Line
		err := rows.Scan(&l.SKU, &l.Quantity)
		lines = append(lines, l)
		return err
	})
	if err != nil {
		return err
	}
	if err := tx.Exec("UPDATE holds SET state = 'open', closed_at = 0 WHERE order_id = ?", orderID).Error; err != nil {
		return err
	}
	if err := tx.Exec("UPDATE allocations SET quantity = quantity - expired, expired = 0 WHERE order_id = ?", orderID).Error; err != nil {
		return err
	}
	return s.take(tx, orderID, lines, held, now)
}

// take allocates all lines to an order, or returns stock.Short for the first that is
// not there; the caller then rolls back. held: with an end.
func (s *Store) take(tx *gorm.DB, orderID string, lines stock.Lines, held bool, now time.Time) error {
	var taken []portion
	fell := falls{}
	for _, l := range lines {
		portions, err := s.takeLine(tx, l, held && s.maxUnpaid < 1 && l.Quantity > always, fell)
		if err != nil {
			return err
		}
		taken = append(taken, portions...)
	}
	if len(taken) == 0 {
		return nil
	}
	var values []any
	for _, p := range taken {
		values = append(values, orderID, p.sku, p.location, p.n)
	}
	err := tx.Exec("INSERT INTO allocations (order_id, sku, location, quantity, shipped, released, expired) VALUES "+
		valuesOf("(?, ?, ?, ?, 0, 0, 0)", len(taken))+
		" ON CONFLICT (order_id, sku, location) DO UPDATE SET quantity = allocations.quantity + excluded.quantity", values...).Error
	if err != nil {
		return err
	}
	return s.tellLow(tx, fell, now)
}

// takeLine takes a line from the default location when all of it is there, which is
// the usual case, or from several. It adds to fell what it takes.
func (s *Store) takeLine(tx *gorm.DB, l stock.Line, capped bool, fell falls) ([]portion, error) {
	if !capped {
		var left int64
		err := tx.Raw(`UPDATE levels SET allocated = allocated + ? WHERE sku = ? AND location = ? AND on_hand - allocated >= ?
			RETURNING on_hand - allocated`, l.Quantity, l.SKU, stock.Main, l.Quantity).Row().Scan(&left)
		if !errors.Is(err, sql.ErrNoRows) {
			fell.add(l.SKU, l.Quantity, left)
			return []portion{{l.SKU, stock.Main, l.Quantity}}, err
		}
	}
	there, available, err := s.locked(tx, l.SKU)
	if err != nil {
		return nil, err
	}
	if available < l.Quantity {
		return nil, stock.Short{SKU: l.SKU, Available: available}
	}
	if capped {
		if err := s.checkShare(l, available); err != nil {
			return nil, err
		}
	}
	portions := share(there, l.Quantity)
	fell.add(l.SKU, l.Quantity, available-l.Quantity)
	return portions, changeLevels(tx, portions, 0, 1)
}

// locked reads what is available of a sku at each location, the default one first,
// and keeps others from changing it until the transaction ends.
func (s *Store) locked(tx *gorm.DB, sku string) (there []portion, available int64, err error) {
	query := `SELECT location, on_hand - allocated FROM levels WHERE sku = ?
		ORDER BY CASE WHEN location = 'main' THEN 0 ELSE 1 END, location`
	if s.db.Dialect() == "postgres" {
		// In the order of stock.ComparePlaces. On SQLite that is the usual one, and a
		// transaction that writes is alone.
		query += ` COLLATE "C" FOR UPDATE`
	}
	err = each(tx.Raw(query, sku), func(rows *sql.Rows) error {
		p := portion{sku: sku}
		if err := rows.Scan(&p.location, &p.n); err != nil {
			return err
		}
		available += p.n
		there = append(there, p)
		return nil
	})
	return there, available, err
}

// always is how many pieces an order that is not paid may hold of a sku whatever its share:
// what shoppers usually buy of one thing, and the last pieces, are never refused for it.
const always = 10

// checkShare refuses an order that is not paid and would hold more than its share of what
// is there. The levels are locked, so what is there stays so. It is a share of each order
// and not of all such orders together: with that, an order of that share would be all it
// takes to keep the rest from the others, who hold what they buy until they have paid, too.
func (s *Store) checkShare(l stock.Line, available int64) error {
	most := max(always, int64(float64(available)*s.maxUnpaid+1e-6)) // 29 % of 100 are 29
	if l.Quantity > most {
		return stock.Short{SKU: l.SKU, Available: most, Held: true}
	}
	return nil
}

// share takes n from the portions in their order; there must be enough.
func share(from []portion, n int64) (taken []portion) {
	for _, p := range from {
		if p.n = min(p.n, n); p.n > 0 {
			taken = append(taken, p)
			n -= p.n
		}
	}
	return taken
}

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func timeOf(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}
