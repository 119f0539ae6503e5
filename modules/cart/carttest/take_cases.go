package carttest

import (
	"fmt"
	"slices"
	"testing"

	cartv1 "galleria/modules/cart/v1"
	"galleria/platform/id"
	"galleria/platform/module/moduletest"
)

func takeCases(w World) cases {
	return cases{
		"takes what was bought, once per order": func(t *testing.T) {
			g := w.guest(t)
			g.sellAll(1, 3)
			g.add(1, 2)
			g.add(2, 5)
			order := g.bought("order-"+id.New(), 1, 2, 2, 3)
			g.add(2, 4) // meanwhile
			g.add(3, 1)
			for range 2 {
				g.take(order)
				g.wantLines("2×6 3×1")
			}
			g.add(1, 1)
			g.take(order)
			g.wantLines("2×6 3×1 1×1")
			g.take(g.bought("order-"+id.New(), 2, 6, 3, 1, 1, 1))
			g.wantLines("")
		},
		"takes what is there, and no more": func(t *testing.T) {
			g := w.guest(t)
			g.sellAll(1, 2)
			g.add(1, 2)
			g.add(2, 2)
			g.take(g.bought("order-"+id.New(), 1, 1<<62, 7, 1)) // 7 is not in the cart
			g.wantLines("2×2")
		},
		"adds up lines of the same sku": func(t *testing.T) {
			g := w.guest(t)
			g.sell(1)
			g.add(1, 9)
			g.take(g.bought("order-"+id.New(), 1, 2, 1, 3))
			g.wantLines("1×4")
		},
		"remembers an order also when the cart was not there": func(t *testing.T) {
			g := w.guest(t)
			g.sell(1)
			order := g.bought("order-"+id.New(), 1, 1)
			g.take(order)
			g.add(1, 3)
			g.take(order)
			g.wantLines("1×3")
		},
		"an order without items takes nothing": func(t *testing.T) {
			g := w.guest(t)
			g.sell(1)
			g.add(1, 3)
			g.take(g.bought("order-" + id.New()))
			g.wantLines("1×3")
		},
		"takes what was merged since out of the cart it went to": func(t *testing.T) {
			guest := w.guest(t)
			guest.sellAll(1, 3)
			own, next := guest.other(), guest.other()
			guest.add(1, 2)
			guest.add(2, 1)
			own.add(1, 1)
			order := guest.bought("order-"+id.New(), 1, 2, 2, 1)
			guest.wantMerged(own, "log-in", 4)
			own.add(3, 5)
			guest.add(2, 1) // begun anew, with what the order bought
			own.wantMerged(next, "another-cart", 9)
			for range 2 {
				guest.take(order)
				guest.wantLines("")
				own.wantLines("")
				next.wantLines("1×1 2×1 3×5")
			}
		},
		"takes the codes that the order used, and no others": func(t *testing.T) {
			g := w.guest(t)
			g.sell(1)
			g.add(1, 5)
			g.setCodes("first", "second", "meanwhile")
			order := using(g.bought("order-"+id.New(), 1, 1), "second", "First ", "other")
			g.take(order)
			g.wantCodes(3, "MEANWHILE")
			g.setCodes("meanwhile", "first")
			g.take(order)
			g.wantCodes(4, "MEANWHILE", "FIRST")
			g.take(g.bought("order-"+id.New(), 1, 1)) // names no codes
			g.wantCodes(5, "MEANWHILE", "FIRST")
			g.take(using(g.bought("order-"+id.New()), "first")) // has no items
			g.wantCodes(6, "MEANWHILE")
			g.wantLines("1×3")
		},
		"takes codes that were merged since out of the cart they went to": func(t *testing.T) {
			guest := w.guest(t)
			guest.sellAll(1, 2)
			own := guest.other()
			guest.add(1, 1)
			own.add(2, 1)
			guest.setCodes("used")
			own.setCodes("own")
			guest.wantMerged(own, "log-in", 2)
			guest.take(using(guest.bought("order-"+id.New(), 1, 1), "used"))
			own.wantLines("2×1")
			if got := own.get().GetCodes(); !slices.Equal(got, []string{"OWN"}) {
				t.Errorf("got the codes %q, want OWN alone", got)
			}
		},
		"the same order at once takes once": func(t *testing.T) {
			g := w.guest(t)
			g.sell(1)
			g.add(1, 90)
			order := g.bought("order-"+id.New(), 1, 7)
			atOnce(8, func(int) {
				if _, err := w.Cart.TakeItems(t.Context(), order); err != nil {
					t.Errorf("take: %v", err)
				}
			})
			g.wantLines("1×83")
		},
		"taking, adding and setting at once lose nothing": func(t *testing.T) {
			g := w.guest(t)
			g.sellAll(1, 2)
			g.add(1, 50)
			g.add(2, 50)
			adds := []*cartv1.AddItemRequest{g.request(1, 3), g.request(1, 3), g.request(1, 3), g.request(2, 3)}
			atOnce(8, func(i int) {
				var err error
				if i < 4 {
					_, err = w.Cart.AddItem(t.Context(), adds[i])
				} else {
					pairs := []int64{1, 5, 2, 5}
					if i%2 == 0 {
						pairs = []int64{2, 5, 1, 5}
					}
					_, err = w.Cart.TakeItems(t.Context(), g.bought(fmt.Sprintf("order-%d-%s", i, g.prefix), pairs...))
				}
				if err != nil {
					t.Errorf("change %d: %v", i, err)
				}
			})
			g.wantLines("1×39 2×33")
		},
		"names what is wrong with a request": func(t *testing.T) {
			g := w.guest(t)
			_, err := w.Cart.TakeItems(t.Context(), &cartv1.TakeItemsRequest{Items: []*cartv1.TakeItemsRequest_Item{
				{Sku: g.sku(1), Quantity: 1}, {Sku: "", Quantity: 0}, {Sku: g.sku(1), Quantity: -1},
			}})
			moduletest.WantFields(t, err, "cart_id", "order_id", "items[1].sku", "items[1].quantity", "items[2].quantity")
			r := g.bought("order-1")
			r.Items = make([]*cartv1.TakeItemsRequest_Item, 101)
			for i := range r.Items {
				r.Items[i] = &cartv1.TakeItemsRequest_Item{Sku: g.sku(i), Quantity: 1}
			}
			_, err = w.Cart.TakeItems(t.Context(), using(r, "1", "2", "3", "4", "5", "B C"))
			moduletest.WantFields(t, err, "items", "codes", "codes[5]")
		},
	}
}
