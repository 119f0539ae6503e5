package carttest

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	cartv1 "galleria/modules/cart/v1"
	"galleria/modules/catalog/catalogtest"
	"galleria/platform/module/moduletest"
)

func getCases(w World) cases {
	return cases{
		"a cart that is not there is an empty one": func(t *testing.T) {
			g := w.guest(t)
			if got, want := g.get(), (&cartv1.Cart{Id: g.cart}); !proto.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		},
		"priced from the catalog as it is now": func(t *testing.T) {
			g := w.guest(t)
			g.sell(1)
			g.sell(2)
			g.add(1, 3)
			g.add(2, 1)
			g.sell(2, func(p *product) { catalogtest.SetPrice(p, "EUR", 999); p.Name = "Renamed" })
			got := g.get()
			if left := time.Until(got.GetExpiresAt().AsTime()); left < time.Hour {
				t.Errorf("the cart expires in %v, want much later", left)
			}
			got.ExpiresAt = nil
			want := &cartv1.Cart{
				Id: g.cart, CurrencyCode: "EUR", SubtotalMinor: 3*100 + 999, ItemCount: 4, Version: 2,
				Lines: []*cartv1.Line{
					{Sku: g.sku(1), Quantity: 3, Name: "Thing 1", Slug: strings.ToLower(g.sku(1)), Picture: "thing.svg", Category: "things", UnitPriceMinor: 100, TotalMinor: 300, Status: cartv1.LineStatus_LINE_STATUS_SELLABLE},
					{Sku: g.sku(2), Quantity: 1, Name: "Renamed", Slug: strings.ToLower(g.sku(2)), Picture: "thing.svg", Category: "things", UnitPriceMinor: 999, TotalMinor: 999, Status: cartv1.LineStatus_LINE_STATUS_SELLABLE},
				},
			}
			if !proto.Equal(got, want) {
				t.Errorf("cart:\n got %v\nwant %v", got, want)
			}
		},
		"lines stay in the order they were first added": func(t *testing.T) {
			g := w.guest(t)
			g.sellAll(1, 4)
			for _, n := range []int{3, 1, 4, 2} {
				g.add(n, 1)
			}
			g.add(1, 1)
			g.wantSet(3, 5, 9)
			g.wantLines("3×5 1×2 4×1 2×1")
			g.wantSet(1, 0, 7)
			g.add(1, 1) // first added again
			g.wantLines("3×5 4×1 2×1 1×1")
		},
		"what can't be bought stays, says why, and has no price": func(t *testing.T) {
			g := w.guest(t)
			g.sellAll(1, 3)
			g.add(1, 2)
			g.add(2, 3)
			g.add(3, 1)
			g.sell(1, func(p *product) { p.Active, p.Name = false, "Was a thing" })
			g.sell(3, func(p *product) { catalogtest.SetPrice(p, "USD", 700) })
			got := g.get()
			for i, want := range map[int]*cartv1.Line{
				0: {Name: "Was a thing", Status: cartv1.LineStatus_LINE_STATUS_WITHDRAWN},
				2: {Name: "Thing 3", Status: cartv1.LineStatus_LINE_STATUS_NO_PRICE},
			} {
				l := got.GetLines()[i]
				if l.GetStatus() != want.GetStatus() || l.GetUnitPriceMinor() != 0 || l.GetTotalMinor() != 0 || l.GetName() != want.GetName() {
					t.Errorf("line %d: got %v, want %q, %s, without a price", i, l, want.GetName(), want.GetStatus())
				}
			}
			if got.GetSubtotalMinor() != 600 || got.GetItemCount() != 6 || got.GetCurrencyCode() != "EUR" {
				t.Errorf("got total %d %s for %d things, want 600 EUR for 6", got.GetSubtotalMinor(), got.GetCurrencyCode(), got.GetItemCount())
			}
		},
		"sums up the dearest cart there can be": func(t *testing.T) {
			g := w.guest(t)
			const dearest = 10_000_000_000_000
			g.sellAll(1, 100, func(p *product) { catalogtest.SetPrice(p, "EUR", dearest) })
			for n := 1; n <= 100; n++ {
				g.add(n, 99)
			}
			if got, want := g.get().GetSubtotalMinor(), int64(100*99*dearest); got != want {
				t.Errorf("total: got %d, want %d", got, want)
			}
		},
		"an emptied cart has no currency": func(t *testing.T) {
			g := w.guest(t)
			g.sell(1)
			g.add(1, 1)
			g.wantSet(1, 0, 0)
			if got := g.get(); got.GetCurrencyCode() != "" || got.GetItemCount() != 0 || len(got.GetLines()) != 0 {
				t.Errorf("got %v, want an empty cart", got)
			}
		},
		"refuses ids that can be guessed or stored badly": func(t *testing.T) {
			for _, id := range []string{"", "short", strings.Repeat("x", 65), strings.Repeat("x", 21), strings.Repeat("x", 30) + " ", strings.Repeat("x", 30) + "\x00"} {
				_, err := w.Cart.GetCart(t.Context(), &cartv1.GetCartRequest{CartId: id})
				moduletest.WantFields(t, err, "cart_id")
			}
		},
	}
}
