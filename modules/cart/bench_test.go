package cart_test

import (
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"galleria/migrations"
	"galleria/modules/cart"
	"galleria/modules/cart/carttest"
	cartv1 "galleria/modules/cart/v1"
	"galleria/modules/catalog/catalogtest"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/database"
	"galleria/platform/database/databasetest"
	"galleria/platform/module"
)

// BenchmarkCart is a guest's part of a checkout, without a route to the cart:
// two items into a new cart, a look at it, and the order that takes them.
// Guests come 64 at a time.
func BenchmarkCart(b *testing.B) {
	for name, options := range map[string]func(testing.TB) database.Options{"sqlite": databasetest.SQLite, "postgres": databasetest.Postgres} {
		b.Run(name, func(b *testing.B) {
			o := options(b)
			o.Module, o.Migrations = cart.Name, migrations.For(cart.Name)
			catalog := catalogtest.NewFake(b, catalogtest.Product("MUG"), catalogtest.Product("POT"))
			host := module.Host{DB: databasetest.Open(b, o), Log: slog.New(slog.DiscardHandler), Now: time.Now}
			instance, err := cart.New(host, cart.Needs{Catalog: catalogv1.NewCatalogServiceClient(connect(b, catalog))}, cart.DefaultConfig())
			if err != nil {
				b.Fatal(err)
			}
			carts := instance.Server.(cartv1.CartServiceServer)
			var orders atomic.Int64
			b.SetParallelism(32)
			b.RunParallel(func(guests *testing.PB) {
				for guests.Next() {
					shopAndBuy(b, carts, fmt.Sprint("order-", orders.Add(1)))
				}
			})
		})
	}
}

func shopAndBuy(b *testing.B, carts cartv1.CartServiceServer, order string) {
	ctx, id := b.Context(), carttest.NewID()
	take := &cartv1.TakeItemsRequest{CartId: id, OrderId: order}
	for _, sku := range []string{"MUG", "POT"} {
		if _, err := carts.AddItem(ctx, &cartv1.AddItemRequest{CartId: id, Sku: sku, Quantity: 2, IdempotencyKey: sku}); err != nil {
			b.Error(err)
		}
		take.Items = append(take.Items, &cartv1.TakeItemsRequest_Item{Sku: sku, Quantity: 2})
	}
	if _, err := carts.GetCart(ctx, &cartv1.GetCartRequest{CartId: id}); err != nil {
		b.Error(err)
	}
	if _, err := carts.TakeItems(ctx, take); err != nil {
		b.Error(err)
	}
}
