package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"galleria/modules/webhooks/internal/webhook"
	"galleria/platform/database"
	"galleria/platform/id"
)

// deliveryRow is a row of webhook_deliveries; gorm finds the columns by the fields' names.
type deliveryRow struct {
	ID, EndpointID, WebhookID, Type, Payload, Status, LastAnswer, Problem string
	Attempts, CreatedAt, DueAt, FirstAt, LastAt, LastStatus               int64
}

func (r deliveryRow) delivery() webhook.Delivery {
	return webhook.Delivery{
		ID: r.ID, EndpointID: r.EndpointID, WebhookID: r.WebhookID, Type: r.Type, Payload: r.Payload, Status: webhook.Status(r.Status),
		Attempts: int(r.Attempts), CreatedAt: at(r.CreatedAt), DueAt: at(r.DueAt), FirstAt: at(r.FirstAt), LastAt: at(r.LastAt),
		LastStatus: int(r.LastStatus), LastAnswer: r.LastAnswer, Problem: r.Problem,
	}
}

// Queue writes, in the transaction of an event, a delivery for each endpoint that wants
// to hear of it; none for one that has it.
func Queue(tx *gorm.DB, webhookID, kind string, happened time.Time, payload string, now time.Time) error {
	all, err := endpoints(tx, held(tx))
	if err != nil {
		return err
	}
	for _, e := range all {
		if !e.Wants(kind, happened) {
			continue
		}
		if err := insert(tx, id.New(), e.ID, webhookID, kind, payload, now); err != nil {
			return fmt.Errorf("queue %s for endpoint %s: %w", webhookID, e.ID, err)
		}
	}
	return nil
}

func insert(tx *gorm.DB, delivery, endpoint, webhookID, kind, payload string, now time.Time) error {
	database.Announce(tx, waitingWork)
	return tx.Exec(`INSERT INTO webhook_deliveries (id, endpoint_id, webhook_id, type, payload, status, created_at, due_at)
		VALUES (?, ?, ?, ?, ?, 'waiting', ?, ?) ON CONFLICT (endpoint_id, webhook_id) DO NOTHING`,
		delivery, endpoint, webhookID, kind, payload, now.UnixMicro(), now.UnixMicro()).Error
}

// QueueOne writes a delivery for one endpoint, once per key. Errors: ErrNoEndpoint,
// ErrOff, ErrKeyReused.
func (s *Store) QueueOne(ctx context.Context, endpointID, key, kind, payload string, now time.Time) (d webhook.Delivery, err error) {
	err = s.write(ctx, "send a test to endpoint "+endpointID, func(tx *gorm.DB) error {
		made, first, err := once(tx, "test", key, endpointID, id.New(), now)
		if err != nil {
			return err
		}
		if first {
			row, err := endpoint(tx, endpointID)
			if err == nil && !row.Active {
				err = ErrOff
			}
			if err != nil {
				return err
			}
			if err := insert(tx, made, endpointID, made, kind, payload, now); err != nil {
				return err
			}
		}
		d, err = delivery(tx, made)
		return err
	})
	return d, err
}

// Resend makes a delivery due at once, as if it had never been tried, once per key.
// Errors: ErrNoDelivery, ErrOff, ErrKeyReused.
func (s *Store) Resend(ctx context.Context, deliveryID, key string, now time.Time) (d webhook.Delivery, err error) {
	err = s.write(ctx, "send delivery "+deliveryID+" again", func(tx *gorm.DB) error {
		_, first, err := once(tx, "resend", key, deliveryID, "", now)
		if err != nil {
			return err
		}
		if d, err = delivery(tx, deliveryID); err != nil || !first {
			return err
		}
		row, err := endpoint(tx, d.EndpointID)
		if err == nil && !row.Active {
			err = ErrOff
		}
		if err != nil {
			return err
		}
		database.Announce(tx, waitingWork)
		// last_at too: an attempt that is under way has no say any more.
		err = tx.Exec("UPDATE webhook_deliveries SET status = 'waiting', due_at = ?, attempts = 0, first_at = 0, last_at = 0, ended_at = 0 WHERE id = ?",
			now.UnixMicro(), deliveryID).Error
		if err != nil {
			return err
		}
		d, err = delivery(tx, deliveryID)
		return err
	})
	return d, err
}

// delivery reads one in a transaction. Error: ErrNoDelivery.
func delivery(tx *gorm.DB, id string) (webhook.Delivery, error) {
	var rows []deliveryRow
	if err := tx.Raw("SELECT * FROM webhook_deliveries WHERE id = ?", id).Scan(&rows).Error; err != nil {
		return webhook.Delivery{}, err
	}
	if len(rows) == 0 {
		return webhook.Delivery{}, ErrNoDelivery
	}
	return rows[0].delivery(), nil
}

// Page is one page of an endpoint's deliveries, newest first, and whether there are
// more: those before the one with the id before, or from the newest on for "". Error:
// ErrNoEndpoint.
func (s *Store) Page(ctx context.Context, endpointID, before string, size int) (page []webhook.Delivery, more bool, err error) {
	var known int
	if err := s.db.Read(ctx).Raw("SELECT count(*) FROM webhook_endpoints WHERE id = ?", endpointID).Row().Scan(&known); err != nil {
		return nil, false, fmt.Errorf("look for endpoint %s: %w", endpointID, err)
	}
	if known == 0 {
		return nil, false, ErrNoEndpoint
	}
	query := s.db.Read(ctx).Table("webhook_deliveries").Where("endpoint_id = ?", endpointID).Order("id DESC").Limit(size + 1)
	if before != "" {
		query = query.Where("id < ?", before)
	}
	var rows []deliveryRow
	if err := query.Scan(&rows).Error; err != nil {
		return nil, false, fmt.Errorf("list deliveries of endpoint %s: %w", endpointID, err)
	}
	if len(rows) > size {
		rows, more = rows[:size], true
	}
	for _, r := range rows {
		page = append(page, r.delivery())
	}
	return page, more, nil
}
