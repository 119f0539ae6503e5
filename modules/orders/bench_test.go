package orders_test

import (
	"context"
	"log/slog"
	"sync/atomic"
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
	"galleria/platform/database/databasetest"
	"galleria/platform/module"
)

// BenchmarkCheckout is what orders itself costs: its database is real, 64
// guests buy at a time, and the other modules are fakes in memory.
func BenchmarkCheckout(b *testing.B) {
	o := databasetest.SQLite(b)
	o.Migrations = migrations.For(orders.Name)
	h := module.Host{DB: databasetest.Open(b, o), Log: slog.New(slog.DiscardHandler), Now: time.Now}
	catalog := catalogv1.NewCatalogServiceClient(local(b, "catalog", &catalogv1.CatalogService_ServiceDesc, catalogtest.NewFake()))
	needs := orders.Needs{
		Catalog:   catalog,
		Cart:      cartv1.NewCartServiceClient(local(b, "cart", &cartv1.CartService_ServiceDesc, carttest.NewFake(catalog))),
		Inventory: inventoryv1.NewInventoryServiceClient(local(b, "inventory", &inventoryv1.InventoryService_ServiceDesc, inventorytest.NewFake(b))),
		Payments:  paymentsv1.NewPaymentsServiceClient(local(b, "payments", &paymentsv1.PaymentsService_ServiceDesc, paymentstest.NewFake())),
	}
	instance, err := orders.New(h, needs, orders.DefaultConfig())
	if err != nil {
		b.Fatal(err)
	}
	defer instance.Close()
	client := ordersv1.NewOrdersServiceClient(local(b, "orders", &ordersv1.OrdersService_ServiceDesc, instance.Server))
	shop := orderstest.NewShop(b, orderstest.World{
		Orders: client, Catalog: needs.Catalog, Inventory: needs.Inventory, Cart: needs.Cart, Payments: needs.Payments,
	})
	mug, tea := shop.Stock(1e9, 1250), shop.Stock(1e9, 399)
	requests := make([]*ordersv1.PlaceOrderRequest, b.N)
	for i := range requests {
		requests[i] = shop.Request(shop.Fill(2, mug, tea), paymentstest.CardVisa)
	}
	var next atomic.Int64
	b.SetParallelism(32) // times two processors
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := client.PlaceOrder(context.Background(), requests[next.Add(1)-1]); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "checkouts/s")
}
