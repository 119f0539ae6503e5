package carttest_test

import (
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/modules/cart/carttest"
	cartv1 "galleria/modules/cart/v1"
	"galleria/modules/catalog/catalogtest"
	"galleria/platform/module/moduletest"
	"galleria/platform/route"
)

func TestAFakeCanBeHeldAndMadeToFail(t *testing.T) {
	cart, catalog := carttest.NewFake(t, nil), catalogtest.NewFake(t, catalogtest.Product("MUG"))
	world := moduletest.World{cart.Definition(), catalog.Definition()}
	moduletest.Local(t, world, route.ModeLocal, func(t *testing.T, connect moduletest.Connect) {
		client := cartv1.NewCartServiceClient(connect(moduletest.As("orders", "cart")))
		add := &cartv1.AddItemRequest{CartId: carttest.NewID(), Sku: "MUG", Quantity: 2, IdempotencyKey: "first-click"}
		for _, fake := range []interface{ Fail(error) }{cart, catalog} {
			fake.Fail(status.Error(codes.Unavailable, "away"))
			if _, err := client.AddItem(t.Context(), add); status.Code(err) != codes.Unavailable {
				t.Errorf("while %T fails: got %v, want Unavailable", fake, err)
			}
			fake.Fail(nil)
		}
		if got, err := client.AddItem(t.Context(), add); err != nil || got.GetItemCount() != 2 {
			t.Errorf("afterwards: got %v and %v, want 2 things", got, err)
		}
	})
}
