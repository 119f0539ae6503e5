package webhooks_test

import (
	"testing"

	"galleria/modules/inventory/inventorytest"
	inventoryv1 "galleria/modules/inventory/v1"
	"galleria/modules/notifications/notificationstest"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/modules/webhooks"
	webhooksv1 "galleria/modules/webhooks/v1"
	"galleria/modules/webhooks/webhookstest"
	"galleria/platform/certs"
	"galleria/platform/module/moduletest"
	"galleria/platform/route"
)

func world(cfg webhooks.Config) moduletest.World {
	return moduletest.World{webhookstest.With(cfg), notificationstest.Publisher(), inventorytest.Definition()}
}

var worlds = moduletest.Worlds{"webhooks": world(webhookstest.Trial())}

func TestMain(m *testing.M) { moduletest.Main(m, worlds) }

func TestContract(t *testing.T) {
	moduletest.Run(t, "webhooks", suite)
	t.Run("fake", func(t *testing.T) {
		fake := moduletest.World{webhookstest.Definition(), notificationstest.Publisher(), inventorytest.Definition()}
		moduletest.Local(t, fake, route.ModeLocal, suite)
	})
}

func suite(t *testing.T, connect moduletest.Connect) { webhookstest.Run(t, connected(connect)) }

func connected(connect moduletest.Connect) webhookstest.World {
	return webhookstest.World{
		Webhooks:  webhooksv1.NewWebhooksServiceClient(connect(moduletest.As(certs.Operator, "webhooks"))),
		Outside:   webhooksv1.NewWebhooksServiceClient(connect("webhooks")),
		Orders:    ordersv1.NewOrdersServiceClient(connect("orders")),
		Inventory: inventoryv1.NewInventoryServiceClient(connect(moduletest.As(certs.Operator, "inventory"))),
	}
}

// alone runs a test on a world of its own, with other settings.
func alone(t *testing.T, change func(*webhooks.Config), test func(t *testing.T, w webhookstest.World)) {
	t.Helper()
	cfg := webhookstest.Trial()
	change(&cfg)
	moduletest.Local(t, world(cfg), route.ModeLocal, func(t *testing.T, connect moduletest.Connect) { test(t, connected(connect)) })
}
