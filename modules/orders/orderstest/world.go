package orderstest

import (
	cartv1 "galleria/modules/cart/v1"
	catalogv1 "galleria/modules/catalog/v1"
	inventoryv1 "galleria/modules/inventory/v1"
	ordersv1 "galleria/modules/orders/v1"
	paymentsv1 "galleria/modules/payments/v1"
	"galleria/platform/module"
)

// World is orders and the modules it sells with, as the suite sees them.
type World struct {
	Orders    ordersv1.OrdersServiceClient
	Catalog   catalogv1.CatalogServiceClient
	Inventory inventoryv1.InventoryServiceClient
	Cart      cartv1.CartServiceClient
	Payments  paymentsv1.PaymentsServiceClient
}

// Definition is the fake as a row of the table of modules. Like the real
// orders it needs catalog, inventory, cart and payments, which may be fakes.
func Definition() module.Definition {
	return module.Definition{
		Name:     "orders",
		Contract: &ordersv1.OrdersService_ServiceDesc,
		Needs:    []string{"catalog", "inventory", "cart", "payments"},
		New: func(h module.Host) (*module.Instance, error) {
			fake := NewFake(World{
				Catalog:   catalogv1.NewCatalogServiceClient(h.Need("catalog")),
				Inventory: inventoryv1.NewInventoryServiceClient(h.Need("inventory")),
				Cart:      cartv1.NewCartServiceClient(h.Need("cart")),
				Payments:  paymentsv1.NewPaymentsServiceClient(h.Need("payments")),
			})
			return &module.Instance{Server: fake}, nil
		},
	}
}
