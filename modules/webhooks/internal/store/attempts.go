package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"galleria/modules/webhooks/internal/webhook"
)

// Busy are the active endpoints for which something is due.
func (s *Store) Busy(ctx context.Context, now time.Time) ([]webhook.Endpoint, error) {
	var rows []endpointRow
	err := s.db.Read(ctx).Raw(`SELECT * FROM webhook_endpoints WHERE active AND EXISTS (
		SELECT 1 FROM webhook_deliveries WHERE endpoint_id = webhook_endpoints.id AND status = 'waiting' AND due_at <= ?)`, now.UnixMicro()).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("look for endpoints with something to send: %w", err)
	}
	all := make([]webhook.Endpoint, len(rows))
	for i, r := range rows {
		all[i] = r.endpoint()
	}
	return all, nil
}

// Due are up to most deliveries of an endpoint whose time has come, those that wait
// longest first.
func (s *Store) Due(ctx context.Context, endpointID string, now time.Time, most int) ([]webhook.Delivery, error) {
	var rows []deliveryRow
	err := s.db.Read(ctx).Raw(`SELECT * FROM webhook_deliveries WHERE endpoint_id = ? AND status = 'waiting' AND due_at <= ?
		ORDER BY due_at, id LIMIT ?`, endpointID, now.UnixMicro(), most).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("look for what is due at endpoint %s: %w", endpointID, err)
	}
	all := make([]webhook.Delivery, len(rows))
	for i, r := range rows {
		all[i] = r.delivery()
	}
	return all, nil
}

// Claim notes an attempt before it is made: no other process makes it, and it is made
// again after until if its outcome was not noted. False: another process has it, or it is
// not due any more.
func (s *Store) Claim(ctx context.Context, d *webhook.Delivery, now, until time.Time) (mine bool, err error) {
	first := d.FirstAt
	if first.IsZero() {
		first = now
	}
	err = s.write(ctx, "begin an attempt at delivery "+d.ID, func(tx *gorm.DB) error {
		done := tx.Exec(`UPDATE webhook_deliveries SET attempts = attempts + 1, due_at = ?, first_at = ?, last_at = ?
			WHERE id = ? AND status = 'waiting' AND attempts = ? AND due_at = ?`,
			until.UnixMicro(), first.UnixMicro(), now.UnixMicro(), d.ID, d.Attempts, micros(d.DueAt))
		mine = done.RowsAffected == 1
		return done.Error
	})
	if mine {
		d.Attempts, d.FirstAt, d.LastAt, d.DueAt = d.Attempts+1, first, now, until
	}
	return mine, err
}

// Succeeded notes that an endpoint has answered with success.
func (s *Store) Succeeded(ctx context.Context, d webhook.Delivery, status int, answer string, now time.Time) error {
	return s.write(ctx, "note the success of delivery "+d.ID, func(tx *gorm.DB) error {
		// The endpoint's row first, as everywhere: no two wait for each other.
		if err := tx.Exec("UPDATE webhook_endpoints SET failing_since = 0 WHERE id = ? AND failing_since <> 0", d.EndpointID).Error; err != nil {
			return err
		}
		return tx.Exec(`UPDATE webhook_deliveries SET status = 'delivered', ended_at = ?, last_status = ?, last_answer = ?, problem = ''
			WHERE id = ? AND status = 'waiting' AND last_at = ?`, now.UnixMicro(), status, answer, d.ID, d.LastAt.UnixMicro()).Error
	})
}

// Failure is how an attempt failed, and what follows.
type Failure struct {
	Status          int
	Answer, Problem string
	// Next is the next attempt; zero: the delivery is given up.
	Next time.Time
	// Off switches the endpoint off, whatever else: it wants no more.
	Off string
}

// Failed notes a failed attempt. With a delivery that is given up its endpoint is
// switched off, for the reason given, if no request to it has succeeded since the
// delivery was tried first. It tells whether it was switched off.
func (s *Store) Failed(ctx context.Context, d webhook.Delivery, f Failure, offBecause string, now time.Time) (off bool, err error) {
	status, ended := webhook.Waiting, int64(0)
	if f.Next.IsZero() {
		status, ended = webhook.Failed, now.UnixMicro()
	}
	err = s.write(ctx, "note the failure of delivery "+d.ID, func(tx *gorm.DB) error {
		var since int64
		err := tx.Raw(`UPDATE webhook_endpoints SET failing_since = CASE WHEN failing_since = 0 THEN CAST(? AS BIGINT) ELSE failing_since END
			WHERE id = ? AND active RETURNING failing_since`, d.LastAt.UnixMicro(), d.EndpointID).Row().Scan(&since)
		if none(err) {
			return nil // removed or switched off meanwhile, and the delivery with it
		}
		if err != nil {
			return err
		}
		err = tx.Exec(`UPDATE webhook_deliveries SET status = ?, ended_at = ?, due_at = ?, last_status = ?, last_answer = ?, problem = ?
			WHERE id = ? AND status = 'waiting' AND last_at = ?`,
			string(status), ended, micros(f.Next), f.Status, f.Answer, f.Problem, d.ID, d.LastAt.UnixMicro()).Error
		if err != nil {
			return err
		}
		if off = f.Off != ""; off {
			return setActive(tx, d.EndpointID, false, f.Off, now)
		}
		if off = f.Next.IsZero() && since <= d.FirstAt.UnixMicro(); off {
			return setActive(tx, d.EndpointID, false, offBecause, now)
		}
		return nil
	})
	return off, err
}

// Forget deletes up to most deliveries that ended before a time, and keys of that age.
// It tells how many deliveries.
func (s *Store) Forget(ctx context.Context, before time.Time, most int) (gone int64, err error) {
	err = s.write(ctx, "delete old deliveries", func(tx *gorm.DB) error {
		done := tx.Exec(`DELETE FROM webhook_deliveries WHERE status <> 'waiting' AND id IN (
			SELECT id FROM webhook_deliveries WHERE status <> 'waiting' AND ended_at < ? LIMIT ?)`, before.UnixMicro(), most)
		if gone = done.RowsAffected; done.Error != nil {
			return done.Error
		}
		return tx.Exec("DELETE FROM webhook_requests WHERE at < ?", before.UnixMicro()).Error
	})
	return gone, err
}
