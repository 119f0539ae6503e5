package service

import (
	"context"
	"time"

	"gorm.io/gorm"

	inventoryv1 "galleria/modules/inventory/v1"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/modules/webhooks/internal/message"
	"galleria/modules/webhooks/internal/store"
	"galleria/platform/events"
)

// Subscriptions are the events that endpoints are told of. Handling one writes rows and
// nothing else: nothing is sent here, so no endpoint holds up an event.
func (s *Service) Subscriptions() []events.Subscription {
	queue := func(tx *gorm.DB, m message.Message, meta events.Meta) error {
		text, err := m.Text()
		if err != nil {
			return err
		}
		return store.Queue(tx, meta.ID, m.Type, meta.OccurredAt, text, s.now())
	}
	return []events.Subscription{
		events.On(func(_ context.Context, tx *gorm.DB, e *ordersv1.OrderPlaced, meta events.Meta) error {
			return queue(tx, message.Placed(e), meta)
		}),
		events.On(func(_ context.Context, tx *gorm.DB, e *ordersv1.OrderShipped, meta events.Meta) error {
			return queue(tx, message.Shipped(e), meta)
		}),
		events.On(func(_ context.Context, tx *gorm.DB, e *ordersv1.OrderRefunded, meta events.Meta) error {
			return queue(tx, message.Refunded(e), meta)
		}),
		events.On(func(_ context.Context, tx *gorm.DB, e *ordersv1.OrderCancelled, meta events.Meta) error {
			return queue(tx, message.Cancelled(e), meta)
		}),
		events.On(func(_ context.Context, tx *gorm.DB, e *inventoryv1.StockLow, meta events.Meta) error {
			return queue(tx, message.Low(e), meta)
		}),
	}
}

const (
	// forgetEvery is how often old deliveries are looked for.
	forgetEvery = time.Hour
	// forgetBatch is what one write deletes.
	forgetBatch = 500
)

// Forget deletes deliveries that ended longer ago than keep, now and every hour, until
// ctx ends. It fails only with the database.
func (s *Service) Forget(ctx context.Context, keep time.Duration) error {
	pause := time.NewTicker(forgetEvery)
	defer pause.Stop()
	for {
		for gone := int64(forgetBatch); gone == forgetBatch; {
			var err error
			if gone, err = s.store.Forget(ctx, s.now().Add(-keep), forgetBatch); err != nil {
				return err
			}
		}
		select {
		case <-pause.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
