package cart_test

import (
	"testing"
	"time"

	"galleria/migrations"
	"galleria/modules/cart"
	cartv1 "galleria/modules/cart/v1"
	"galleria/modules/catalog/catalogtest"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/database"
	"galleria/platform/database/databasetest"
	"galleria/platform/module"
	"galleria/platform/module/moduletest"
)

// The carts below: of a guest who has ordered what is in it, of one who chose a voucher
// and whose order was taken out, of one whose cart went into a customer's, and that one.
const (
	orderedCart  = "S_XDUaomMo8ghewdRkcUcoUhIGIUbvrV6f5QBfWAkCI"
	chosenCart   = "2PAA8pkkK4H_2H_NmS0dQ_O40mJ1XBmHbyTgsCa1828"
	emptiedCart  = "PbHmarFHBOJrYj37vKNZyUIxzYxv022FsZq165YGXpk"
	customerCart = "ZP9QNj646HkuXxxXKTE-0CZWWZExV2zV4dW01OnIobs"
)

// unmerged are carts as the program wrote them that did not note yet, with a cart, which
// others were merged into it.
var unmerged = []string{
	`INSERT INTO carts (id, currency_code, expires_at, version, codes, delivery_option, customer_id, destination, created_at) VALUES
		('S_XDUaomMo8ghewdRkcUcoUhIGIUbvrV6f5QBfWAkCI', 'EUR', 1798399075734408, 1, '', '', '', '', 1795807075734408),
		('2PAA8pkkK4H_2H_NmS0dQ_O40mJ1XBmHbyTgsCa1828', 'EUR', 1798399079816053, 3, 'WELCOME10', '', '', '', 1795807079807532),
		('PbHmarFHBOJrYj37vKNZyUIxzYxv022FsZq165YGXpk', 'EUR', 1798399092372008, 2, '', '', '', '', 1795807092239814),
		('ZP9QNj646HkuXxxXKTE-0CZWWZExV2zV4dW01OnIobs', 'EUR', 1798399092379624, 2, '', '', '0sgmdtp8110n7krh94aqxfm2k8', '', 1795807092372008)`,
	`INSERT INTO cart_items (cart_id, sku, name, quantity, position) VALUES
		('S_XDUaomMo8ghewdRkcUcoUhIGIUbvrV6f5QBfWAkCI', 'TEX-SOC-0512', 'Cabin Socks, 36–39 / Navy', 2, 1),
		('2PAA8pkkK4H_2H_NmS0dQ_O40mJ1XBmHbyTgsCa1828', 'TEX-SOC-0512', 'Cabin Socks, 36–39 / Navy', 3, 1),
		('2PAA8pkkK4H_2H_NmS0dQ_O40mJ1XBmHbyTgsCa1828', 'LMP-FST-07', 'Piazza Festoon Lights', 1, 2),
		('ZP9QNj646HkuXxxXKTE-0CZWWZExV2zV4dW01OnIobs', 'LMP-FST-07', 'Piazza Festoon Lights', 1, 1)`,
	`INSERT INTO cart_additions (cart_id, idempotency_key, sku, quantity, expires_at) VALUES
		('S_XDUaomMo8ghewdRkcUcoUhIGIUbvrV6f5QBfWAkCI', '0sgmdtpnjag0br32y2qz53s05w', 'TEX-SOC-0512', 2, 1798399075734408),
		('2PAA8pkkK4H_2H_NmS0dQ_O40mJ1XBmHbyTgsCa1828', '0sgmdtrkq4chqahpw0ege15gm0', 'TEX-SOC-0512', 3, 1798399079807532),
		('2PAA8pkkK4H_2H_NmS0dQ_O40mJ1XBmHbyTgsCa1828', '0sgmdtrkrr16aahtksd5kp2rx8', 'LMP-FST-07', 1, 1798399079810825),
		('PbHmarFHBOJrYj37vKNZyUIxzYxv022FsZq165YGXpk', '0sgmdtyhdgxgbd3p5r03jev27m', 'LMP-FST-07', 1, 1798399092239814)`,
	`INSERT INTO cart_merges (into_id, idempotency_key, from_id, expires_at) VALUES
		('ZP9QNj646HkuXxxXKTE-0CZWWZExV2zV4dW01OnIobs', 'PbHmarFHBOJrYj37.261227191812.239814', 'PbHmarFHBOJrYj37vKNZyUIxzYxv022FsZq165YGXpk', 1798399092372008)`,
	`INSERT INTO taken_orders (order_id, expires_at) VALUES ('0sgmdtppfzc2kevkgweaym0t54', 1798399075886173)`,
}

func TestCartsOfBeforeMergesWereNotedAreKept(t *testing.T) {
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) {
		o.Migrations = migrations.For(cart.Name)
		databasetest.Fill(t, o, "0004_begun.sql", unmerged...)
		catalog := catalogv1.NewCatalogServiceClient(connect(t, catalogtest.NewFake(t, catalogtest.Product("TEX-SOC-0512"), catalogtest.Product("LMP-FST-07"))))
		soonAfter := func() time.Time { return time.UnixMicro(1795807100000000) }
		instance, err := cart.New(module.Host{DB: databasetest.Open(t, o), Now: soonAfter}, cart.Needs{Catalog: catalog}, cart.DefaultConfig())
		if err != nil {
			t.Fatal(err)
		}
		s, ctx := instance.Server.(cartv1.CartServiceServer), t.Context()
		has := func(id string, version, things int64, mergedFrom ...string) *cartv1.Cart {
			t.Helper()
			got, err := s.GetCart(ctx, &cartv1.GetCartRequest{CartId: id})
			if err != nil {
				t.Fatal(err)
			}
			c := got.GetCart()
			if c.GetVersion() != version || c.GetItemCount() != things || len(c.GetMergedFrom()) != len(mergedFrom) || len(mergedFrom) == 1 && c.GetMergedFrom()[0] != mergedFrom[0] {
				t.Errorf("got %v, want version %d with %d things, merged from %q", c, version, things, mergedFrom)
			}
			return c
		}
		has(orderedCart, 1, 2)
		if c := has(chosenCart, 3, 4); c.GetCodes()[0] != "WELCOME10" || c.GetLines()[1].GetSku() != "LMP-FST-07" {
			t.Errorf("got %v, want socks, then lights, with the voucher", c)
		}
		has(emptiedCart, 2, 0)
		if c := has(customerCart, 2, 1); c.GetCustomerId() != "0sgmdtp8110n7krh94aqxfm2k8" {
			t.Errorf("got the customer %q, want that of before", c.GetCustomerId())
		}

		// What was done once is not done again.
		added, err := s.AddItem(ctx, &cartv1.AddItemRequest{CartId: orderedCart, Sku: "TEX-SOC-0512", Quantity: 2, IdempotencyKey: "0sgmdtpnjag0br32y2qz53s05w"})
		if err != nil || !added.GetRepeated() || added.GetItemCount() != 2 {
			t.Errorf("an addition of before, repeated: got %v, %v, want two things as they were", added, err)
		}
		merged, err := s.MergeCarts(ctx, &cartv1.MergeCartsRequest{From: emptiedCart, Into: customerCart, IdempotencyKey: "PbHmarFHBOJrYj37.261227191812.239814"})
		if err != nil || merged.GetItemCount() != 1 {
			t.Errorf("a merge of before, repeated: got %v, %v, want one thing as it was", merged, err)
		}
		take := &cartv1.TakeItemsRequest{CartId: chosenCart, OrderId: "0sgmdtppfzc2kevkgweaym0t54", Items: []*cartv1.TakeItemsRequest_Item{{Sku: "LMP-FST-07", Quantity: 1}}}
		if _, err := s.TakeItems(moduletest.Direct(ctx), take); err != nil {
			t.Errorf("taking out an order of before, again: got %v, want none", err)
		}
		has(chosenCart, 3, 4)

		// And what is done now is noted.
		if _, err := s.MergeCarts(ctx, &cartv1.MergeCartsRequest{From: orderedCart, Into: customerCart, IdempotencyKey: "now"}); err != nil {
			t.Fatal(err)
		}
		has(customerCart, 3, 3, orderedCart)
	})
}
