package orders_test

import (
	"testing"
	"time"

	"galleria/migrations"
	"galleria/modules/cart/carttest"
	cartv1 "galleria/modules/cart/v1"
	"galleria/modules/catalog/catalogtest"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/modules/inventory/inventorytest"
	inventoryv1 "galleria/modules/inventory/v1"
	"galleria/modules/orders"
	"galleria/modules/orders/orderstest"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/modules/payments/paymentstest"
	paymentsv1 "galleria/modules/payments/v1"
	"galleria/platform/module"
	"galleria/platform/module/moduletest"
	"galleria/platform/route"
)

// definition is orders as the table of modules has it, but quicker to recover.
func definition() module.Definition {
	cfg := orders.DefaultConfig()
	cfg.PollInterval = 50 * time.Millisecond
	return module.Definition{
		Name: orders.Name, Contract: &ordersv1.OrdersService_ServiceDesc, Migrations: migrations.For(orders.Name),
		Needs: []string{"catalog", "inventory", "cart", "payments"},
		New: func(h module.Host) (*module.Instance, error) {
			return orders.New(h, orders.Needs{
				Catalog:   catalogv1.NewCatalogServiceClient(h.Need("catalog")),
				Inventory: inventoryv1.NewInventoryServiceClient(h.Need("inventory")),
				Cart:      cartv1.NewCartServiceClient(h.Need("cart")),
				Payments:  paymentsv1.NewPaymentsServiceClient(h.Need("payments")),
			}, cfg)
		},
	}
}

func world(first module.Definition) moduletest.World {
	return moduletest.World{first, catalogtest.Definition(), inventorytest.Definition(), carttest.Definition(), paymentstest.Definition()}
}

func TestMain(m *testing.M) {
	moduletest.Main(m, moduletest.Worlds{"orders": world(definition())})
}

func suite(t *testing.T, connect moduletest.Connect) {
	orderstest.Run(t, orderstest.World{
		Orders:    ordersv1.NewOrdersServiceClient(connect("orders")),
		Catalog:   catalogv1.NewCatalogServiceClient(connect("catalog")),
		Inventory: inventoryv1.NewInventoryServiceClient(connect("inventory")),
		Cart:      cartv1.NewCartServiceClient(connect("cart")),
		Payments:  paymentsv1.NewPaymentsServiceClient(connect("payments")),
	})
}

func TestContract(t *testing.T) { moduletest.Run(t, "orders", suite) }

func TestContractOfTheFake(t *testing.T) {
	for _, mode := range []route.Mode{route.ModeLocal, route.ModeLoopback} {
		t.Run(string(mode), func(t *testing.T) { moduletest.Local(t, world(orderstest.Definition()), mode, suite) })
	}
}
