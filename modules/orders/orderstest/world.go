package orderstest

import (
	"time"

	"google.golang.org/protobuf/proto"

	"galleria/migrations"
	cartv1 "galleria/modules/cart/v1"
	catalogv1 "galleria/modules/catalog/v1"
	inventoryv1 "galleria/modules/inventory/v1"
	"galleria/modules/orders"
	ordersv1 "galleria/modules/orders/v1"
	paymentsv1 "galleria/modules/payments/v1"
	pricingv1 "galleria/modules/pricing/v1"
	"galleria/platform/module"
)

// World is orders and the modules it sells with, as the suite sees them.
type World struct {
	Orders    ordersv1.OrdersServiceClient
	Catalog   catalogv1.CatalogServiceClient
	Inventory inventoryv1.InventoryServiceClient
	Pricing   pricingv1.PricingServiceClient
	Cart      cartv1.CartServiceClient
	Payments  paymentsv1.PaymentsServiceClient
}

// Definition is the real module, which is quick to look at payments. It needs
// inventory, pricing, cart and payments, which may be fakes.
func Definition() module.Definition {
	cfg := orders.DefaultConfig()
	cfg.PollInterval, cfg.PaymentPoll = 20*time.Millisecond, 100*time.Millisecond
	cfg.MaxUnpaidPerEmail, cfg.MaxUnpaidPerClient = 0, 4
	return module.Definition{
		Name: orders.Name, Contract: &ordersv1.OrdersService_ServiceDesc, Migrations: migrations.For(orders.Name),
		Needs: []string{"inventory", "pricing", "cart", "payments"},
		Hears: []proto.Message{&paymentsv1.PaymentSettled{}, &paymentsv1.PaymentRefunded{}, &paymentsv1.PaymentDisputed{}},
		New: func(h module.Host) (*module.Instance, error) {
			return orders.New(h, orders.Needs{
				Inventory: inventoryv1.NewInventoryServiceClient(h.Need("inventory")),
				Pricing:   pricingv1.NewPricingServiceClient(h.Need("pricing")),
				Cart:      cartv1.NewCartServiceClient(h.Need("cart")),
				Payments:  paymentsv1.NewPaymentsServiceClient(h.Need("payments")),
			}, cfg)
		},
	}
}
