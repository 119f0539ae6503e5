package carttest

import (
	"fmt"
	"slices"
	"testing"

	"google.golang.org/grpc/codes"

	cartv1 "galleria/modules/cart/v1"
	"galleria/modules/catalog/catalogtest"
	"galleria/platform/id"
	"galleria/platform/module/moduletest"
)

// other is the same guest with another cart.
func (g *guest) other() *guest {
	other := *g
	other.cart = NewID()
	return &other
}

func (g *guest) merge(into *guest, key string) (int64, error) {
	got, err := g.Cart.MergeCarts(g.Context(), &cartv1.MergeCartsRequest{From: g.cart, Into: into.cart, IdempotencyKey: key})
	return got.GetItemCount(), err
}

// wantMerged merges and wants the other cart to hold that many things.
func (g *guest) wantMerged(into *guest, key string, want int64) {
	g.Helper()
	if got, err := g.merge(into, key); err != nil || got != want {
		g.Errorf("merge under %s: got %d things and %v, want %d", key, got, err, want)
	}
}

func mergeCases(w World) cases {
	return cases{
		"adds quantities up to 99, and empties the other": func(t *testing.T) {
			from := w.guest(t)
			from.sellAll(1, 3)
			into := from.other()
			from.add(3, 4)
			from.add(1, 60)
			into.add(1, 50)
			into.add(2, 1)
			for range 2 {
				from.wantMerged(into, "log-in", 104)
				into.wantLines("1×99 2×1 3×4")
				from.wantLines("")
			}
		},
		"a repeat leaves what came into the other since": func(t *testing.T) {
			from := w.guest(t)
			from.sell(1)
			into := from.other()
			from.add(1, 2)
			from.wantMerged(into, "log-in", 2)
			from.add(1, 5)
			from.wantMerged(into, "log-in", 2)
			from.wantLines("1×5")
			from.wantMerged(into, "next", 7)
			third := from.other()
			_, err := third.merge(into, "log-in")
			moduletest.WantReason(t, err, codes.InvalidArgument, cartv1.Reason_REASON_KEY_REUSED)
		},
		"says which carts came into it, until it is merged into when it is empty": func(t *testing.T) {
			a := w.guest(t)
			a.sell(1)
			b, c := a.other(), a.other()
			wantFrom := func(g *guest, want ...*guest) {
				t.Helper()
				var ids []string
				for _, w := range want {
					ids = append(ids, w.cart)
				}
				if got := g.get().GetMergedFrom(); !slices.Equal(got, ids) {
					t.Errorf("got lines from the carts %q, want %q", got, ids)
				}
			}
			a.add(1, 1)
			wantFrom(a)
			a.wantMerged(b, "1", 1)
			b.wantMerged(c, "2", 1)
			wantFrom(b, a)
			wantFrom(c, a, b)
			b.add(1, 1)
			b.wantMerged(c, "3", 2)
			wantFrom(c, a, b)
			_, err := c.Cart.SetItem(t.Context(), &cartv1.SetItemRequest{CartId: c.cart, Sku: c.sku(1)})
			if err != nil {
				t.Fatal(err)
			}
			a.add(1, 4)
			a.wantMerged(c, "4", 4)
			wantFrom(c, a)
		},
		"what is not there changes nothing": func(t *testing.T) {
			from := w.guest(t)
			from.sell(1)
			into := from.other()
			from.wantMerged(into, "nothing", 0)
			if got := into.get().GetVersion(); got != 0 {
				t.Errorf("got version %d, want no cart", got)
			}
			into.add(1, 3)
			from.wantMerged(into, "again", 3)
			into.wantLines("1×3")
		},
		"holds 100 lines at most": func(t *testing.T) {
			from := w.guest(t)
			from.sellAll(1, 101)
			into := from.other()
			for n := 1; n <= 99; n++ {
				into.add(n, 1)
			}
			from.add(100, 2)
			from.add(101, 2)
			from.wantMerged(into, "log-in", 101)
			if got := into.get().GetLines(); len(got) != 100 || got[99].GetSku() != from.sku(100) {
				t.Errorf("got %d lines, the last of them %v, want 100 with product 100 last", len(got), got[len(got)-1])
			}
		},
		"what was chosen stays, and comes along where nothing was": func(t *testing.T) {
			from := w.guest(t)
			from.sell(1)
			into := from.other()
			from.add(1, 1)
			into.add(1, 1)
			codes := func(g *guest, all ...string) {
				_, err := w.Cart.SetCodes(t.Context(), &cartv1.SetCodesRequest{CartId: g.cart, Codes: all})
				g.must(err)
			}
			codes(into, "A", "B", "C")
			codes(from, "B", "D", "E", "F")
			from.must(setDelivery.set(from, "express"))
			from.must(setDelivery.set(into, "standard"))
			from.must(setCustomer.set(from, "ana"))
			before := into.get().GetVersion()
			from.wantMerged(into, "log-in", 2)
			got := into.get()
			if !slices.Equal(got.GetCodes(), []string{"A", "B", "C", "D", "E"}) || got.GetDeliveryOption() != "standard" || got.GetCustomerId() != "ana" {
				t.Errorf("got %v, want the codes A to E, standard and ana", got)
			}
			if got.GetVersion() <= before || len(from.get().GetCodes()) > 0 {
				t.Errorf("got version %d after %d, and the codes %q in the other; want a higher one, and none", got.GetVersion(), before, from.get().GetCodes())
			}
		},
		"the currency of the cart stays": func(t *testing.T) {
			from := w.guest(t)
			from.sell(1)
			from.sell(2, func(p *product) { catalogtest.SetPrice(p, "USD", 700) })
			into := from.other()
			from.add(1, 1)
			into.add(2, 1)
			from.wantMerged(into, "log-in", 2)
			got := into.get()
			if got.GetCurrencyCode() != "USD" || got.GetSubtotalMinor() != 700 || got.GetLines()[1].GetStatus() != cartv1.LineStatus_LINE_STATUS_NO_PRICE {
				t.Errorf("got %v, want 700 USD and a line without a price", got)
			}
			empty := from.other()
			into.wantMerged(empty, "log-in", 2)
			if got := empty.get().GetCurrencyCode(); got != "USD" {
				t.Errorf("a cart that was empty: got currency %q, want USD", got)
			}
		},
		"merges and additions at once lose nothing": func(t *testing.T) {
			a := w.guest(t)
			a.sell(1)
			b := a.other()
			a.add(1, 10)
			b.add(1, 10)
			adds := []*cartv1.AddItemRequest{a.request(1, 1), b.request(1, 1), a.request(1, 1), b.request(1, 1)}
			atOnce(8, func(i int) {
				var err error
				switch {
				case i < 4:
					adds[i].CartId = []string{a.cart, b.cart}[i%2]
					_, err = w.Cart.AddItem(t.Context(), adds[i])
				case i%2 == 0:
					_, err = a.merge(b, fmt.Sprint("key-", i))
				default:
					_, err = b.merge(a, fmt.Sprint("key-", i))
				}
				if err != nil {
					t.Errorf("change %d: %v", i, err)
				}
			})
			if got := a.get().GetItemCount() + b.get().GetItemCount(); got != 24 {
				t.Errorf("things in both carts: got %d, want 24", got)
			}
		},
		"names what is wrong with a request": func(t *testing.T) {
			_, err := w.Cart.MergeCarts(t.Context(), &cartv1.MergeCartsRequest{})
			moduletest.WantFields(t, err, "from", "into", "idempotency_key")
			g := w.guest(t)
			_, err = g.merge(g, id.New())
			moduletest.WantFields(t, err, "into")
		},
	}
}
