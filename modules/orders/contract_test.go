package orders_test

import (
	"testing"

	"galleria/modules/cart/carttest"
	cartv1 "galleria/modules/cart/v1"
	"galleria/modules/catalog/catalogtest"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/modules/inventory/inventorytest"
	inventoryv1 "galleria/modules/inventory/v1"
	"galleria/modules/orders/orderstest"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/modules/payments/paymentstest"
	paymentsv1 "galleria/modules/payments/v1"
	"galleria/modules/pricing/pricingtest"
	pricingv1 "galleria/modules/pricing/v1"
	"galleria/platform/certs"
	"galleria/platform/module/moduletest"
	"galleria/platform/route"
)

func TestMain(m *testing.M) {
	moduletest.Main(m, moduletest.Worlds{"orders": world()})
}

func world() moduletest.World {
	return moduletest.World{
		orderstest.Definition(), catalogtest.Definition(), inventorytest.Definition(), pricingtest.Definition(), carttest.Definition(), paymentstest.Definition(),
		orderstest.Vouching(),
	}
}

func suite(t *testing.T, connect moduletest.Connect) { orderstest.Run(t, connected(connect)) }

func connected(connect moduletest.Connect) orderstest.World {
	return orderstest.World{
		Orders:    ordersv1.NewOrdersServiceClient(connect(moduletest.As(certs.Operator, "orders"))),
		Catalog:   catalogv1.NewCatalogServiceClient(connect(moduletest.As(certs.Operator, "catalog"))),
		Inventory: inventoryv1.NewInventoryServiceClient(connect(moduletest.As(certs.Operator, "inventory"))),
		Pricing:   pricingv1.NewPricingServiceClient(connect(moduletest.As(certs.Operator, "pricing"))),
		Cart:      cartv1.NewCartServiceClient(connect("cart")),
		Payments:  paymentsv1.NewPaymentsServiceClient(connect(moduletest.As(certs.Operator, "payments"))),
	}
}

func TestContract(t *testing.T) { moduletest.Run(t, "orders", suite) }

// TestContractOfTheFake: what other modules' tests use is the module itself.
func TestContractOfTheFake(t *testing.T) { moduletest.Local(t, world(), route.ModeLocal, suite) }

// TestOrdersThatArePaidAtShipping: the setting is that of payments, and orders does
// not know it.
func TestOrdersThatArePaidAtShipping(t *testing.T) {
	w := moduletest.World{
		orderstest.Definition(), catalogtest.Definition(), inventorytest.Definition(), pricingtest.Definition(), carttest.Definition(), paymentstest.AtShipping(),
	}
	moduletest.Local(t, w, route.ModeLocal, func(t *testing.T, connect moduletest.Connect) { orderstest.RunAtShipping(t, connected(connect)) })
}
