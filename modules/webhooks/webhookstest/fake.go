package webhookstest

import (
	"time"

	"google.golang.org/protobuf/proto"

	"galleria/migrations"
	inventoryv1 "galleria/modules/inventory/v1"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/modules/webhooks"
	webhooksv1 "galleria/modules/webhooks/v1"
	"galleria/platform/module"
)

// Heard are the events that webhooks subscribes to.
func Heard() []proto.Message {
	return []proto.Message{
		&ordersv1.OrderPlaced{}, &ordersv1.OrderShipped{}, &ordersv1.OrderRefunded{}, &ordersv1.OrderCancelled{}, &inventoryv1.StockLow{},
	}
}

// Trial are settings for endpoints on this machine, with short pauses.
func Trial() webhooks.Config {
	cfg := webhooks.DefaultConfig()
	cfg.AllowPrivate, cfg.MaxEndpoints, cfg.PerSecond = true, 200, 1000
	cfg.RetryFirst, cfg.RetryMost = 20*time.Millisecond, 50*time.Millisecond
	return cfg
}

// Definition puts webhooks into a world that sends to endpoints on this machine: the
// real module, over a database of its own.
func Definition() module.Definition { return With(Trial()) }

// With is the module with other settings.
func With(cfg webhooks.Config) module.Definition {
	return module.Definition{
		Name:       webhooks.Name,
		Contract:   &webhooksv1.WebhooksService_ServiceDesc,
		Migrations: migrations.For(webhooks.Name),
		Hears:      Heard(),
		New:        func(h module.Host) (*module.Instance, error) { return webhooks.New(h, webhooks.Needs{}, cfg) },
	}
}
