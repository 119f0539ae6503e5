package store

import (
	"gorm.io/gorm"

	"galleria/modules/orders/internal/order"
)

// Fulfilments, refunds and returns as their tables have them.

type fulfilmentRow struct {
	ID, OrderID, IdempotencyKey    string
	Carrier, Tracking, TrackingURL string
	At                             int64
	Unbooked                       bool
}

type refundRow struct {
	ID, OrderID, IdempotencyKey string
	AmountMinor                 int64
	Reason, AskedBy             string
	Restock                     bool
	Status, Failure             string
	At                          int64
	Attempt                     int
	Unbooked, Accepted          bool
}

type returnRow struct {
	ID, OrderID, IdempotencyKey string
	Reason                      string
	Restock                     bool
	At                          int64
	Unbooked                    bool
}

type pieceRow struct {
	OrderID, PartID, Line string
	Quantity, AmountMinor int64
}

// saveParts writes all parts of an order: those there are already change only
// in what is known of them.
func saveParts(tx *gorm.DB, s order.Snapshot) error {
	for _, f := range s.Fulfilments {
		err := tx.Exec(`INSERT INTO order_fulfilments (id, order_id, idempotency_key, carrier, tracking, tracking_url, at, unbooked)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET unbooked = excluded.unbooked`,
			f.ID, s.ID, f.Key, f.Carrier, f.Tracking, f.TrackingURL, f.At.UnixMicro(), f.Unbooked).Error
		if err := firstOf(err, func() error { return savePieces(tx, s.ID, f.ID, f.Pieces) }); err != nil {
			return err
		}
	}
	for _, r := range s.Refunds {
		err := tx.Exec(`INSERT INTO order_refunds (id, order_id, idempotency_key, amount_minor, reason, asked_by, restock, status, failure, at, attempt, unbooked, accepted)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET amount_minor = excluded.amount_minor, status = excluded.status, failure = excluded.failure, attempt = excluded.attempt, unbooked = excluded.unbooked,
				accepted = excluded.accepted`,
			r.ID, s.ID, r.Key, r.Amount, r.Reason, r.By, r.Restock, string(r.Status), r.Failure, r.At.UnixMicro(), r.Attempt, r.Unbooked, r.Accepted).Error
		if err := firstOf(err, func() error { return savePieces(tx, s.ID, r.ID, r.Pieces) }); err != nil {
			return err
		}
	}
	for _, r := range s.Returns {
		err := tx.Exec(`INSERT INTO order_returns (id, order_id, idempotency_key, reason, restock, at, unbooked)
			VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET unbooked = excluded.unbooked`,
			r.ID, s.ID, r.Key, r.Reason, r.Restock, r.At.UnixMicro(), r.Unbooked).Error
		if err := firstOf(err, func() error { return savePieces(tx, s.ID, r.ID, r.Pieces) }); err != nil {
			return err
		}
	}
	return nil
}

func firstOf(err error, then func() error) error {
	if err != nil {
		return err
	}
	return then()
}

func savePieces(tx *gorm.DB, orderID, partID string, pieces []order.Piece) error {
	for _, p := range pieces {
		err := tx.Exec(`INSERT INTO order_pieces (order_id, part_id, line, quantity, amount_minor) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (order_id, part_id, line) DO UPDATE SET amount_minor = excluded.amount_minor`, orderID, partID, p.Line, p.Quantity, p.Amount).Error
		if err != nil {
			return err
		}
	}
	return nil
}

// readParts adds to each order its fulfilments, refunds and returns.
func readParts(db *gorm.DB, ids []string, found map[string]*order.Snapshot) error {
	if len(ids) == 0 {
		return nil
	}
	var pieces []pieceRow
	if err := db.Raw("SELECT * FROM order_pieces WHERE order_id IN ? ORDER BY part_id, line", ids).Scan(&pieces).Error; err != nil {
		return err
	}
	of := map[string][]order.Piece{}
	for _, p := range pieces {
		of[p.PartID] = append(of[p.PartID], order.Piece{Line: p.Line, Quantity: p.Quantity, Amount: p.AmountMinor})
	}
	var fulfilments []fulfilmentRow
	if err := db.Raw("SELECT * FROM order_fulfilments WHERE order_id IN ? ORDER BY at, id", ids).Scan(&fulfilments).Error; err != nil {
		return err
	}
	for _, f := range fulfilments {
		s := found[f.OrderID]
		sent := of[f.ID]
		if len(sent) == 0 { // of an order of before: all of it
			for _, l := range s.Lines {
				sent = append(sent, order.Piece{Line: l.ID, Quantity: l.Quantity})
			}
		}
		s.Fulfilments = append(s.Fulfilments, order.Fulfilment{
			ID: f.ID, Key: f.IdempotencyKey, Carrier: f.Carrier, Tracking: f.Tracking, TrackingURL: f.TrackingURL,
			Pieces: sent, At: at(f.At), Unbooked: f.Unbooked,
		})
	}
	var refunds []refundRow
	if err := db.Raw("SELECT * FROM order_refunds WHERE order_id IN ? ORDER BY at, id", ids).Scan(&refunds).Error; err != nil {
		return err
	}
	for _, r := range refunds {
		s := found[r.OrderID]
		s.Refunds = append(s.Refunds, order.Refund{
			ID: r.ID, Key: r.IdempotencyKey, Amount: r.AmountMinor, Reason: r.Reason, By: r.AskedBy, Restock: r.Restock,
			Status: order.RefundStatus(r.Status), Failure: r.Failure, Pieces: of[r.ID], At: at(r.At), Attempt: r.Attempt, Unbooked: r.Unbooked,
			Accepted: r.Accepted,
		})
	}
	var returns []returnRow
	if err := db.Raw("SELECT * FROM order_returns WHERE order_id IN ? ORDER BY at, id", ids).Scan(&returns).Error; err != nil {
		return err
	}
	for _, r := range returns {
		s := found[r.OrderID]
		s.Returns = append(s.Returns, order.Return{
			ID: r.ID, Key: r.IdempotencyKey, Pieces: of[r.ID], Reason: r.Reason, Restock: r.Restock, At: at(r.At), Unbooked: r.Unbooked,
		})
	}
	return nil
}
