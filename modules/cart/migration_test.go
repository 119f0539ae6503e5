package cart_test

import (
	"fmt"
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

func TestCartsOfEarlierCommitsAreKept(t *testing.T) {
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) {
		ctx := t.Context()
		o.Migrations = migrations.For(cart.Name)
		id, later := carttest.NewID(), time.Now().Add(time.Hour).UnixMicro()
		databasetest.Fill(t, o, "0001_cart.sql",
			fmt.Sprintf(`INSERT INTO carts (id, currency_code, expires_at) VALUES ('%s', 'EUR', %d)`, id, later),
			fmt.Sprintf(`INSERT INTO cart_items (cart_id, sku, name, quantity, position) VALUES ('%s', 'POT', 'Pot', 2, 1), ('%s', 'MUG', 'Mug', 1, 2)`, id, id),
			fmt.Sprintf(`INSERT INTO cart_additions (cart_id, idempotency_key, sku, quantity, expires_at) VALUES ('%s', 'old', 'MUG', 1, %d)`, id, later),
		)

		catalog := catalogv1.NewCatalogServiceClient(connect(t, catalogtest.NewFake(t, catalogtest.Product("MUG"), catalogtest.Product("POT"))))
		instance, err := cart.New(module.Host{DB: databasetest.Open(t, o), Now: time.Now}, cart.Needs{Catalog: catalog}, cart.DefaultConfig())
		if err != nil {
			t.Fatal(err)
		}
		s := instance.Server.(cartv1.CartServiceServer)
		added, err := s.AddItem(ctx, &cartv1.AddItemRequest{CartId: id, Sku: "MUG", Quantity: 1, IdempotencyKey: "old"})
		if err != nil || added.GetItemCount() != 3 || !added.GetRepeated() {
			t.Errorf("an addition of before, repeated: got %v and %v, want 3 things as they were", added, err)
		}
		if _, err := s.SetCodes(ctx, &cartv1.SetCodesRequest{CartId: id, Codes: []string{"welcome"}}); err != nil {
			t.Fatal(err)
		}
		got, err := s.GetCart(ctx, &cartv1.GetCartRequest{CartId: id})
		if err != nil {
			t.Fatal(err)
		}
		c := got.GetCart()
		if len(c.GetLines()) != 2 || c.GetLines()[0].GetSku() != "POT" || c.GetItemCount() != 3 || c.GetVersion() != 2 || c.GetCodes()[0] != "WELCOME" || c.GetDeliveryOption() != "" {
			t.Errorf("got %v, want two pots, a mug and a code in version 2", c)
		}
	})
}
