package carttest

import (
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	cartv1 "galleria/modules/cart/v1"
	"galleria/modules/catalog/catalogtest"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/contract"
	"galleria/platform/module/moduletest"
)

func addCases(w World) cases {
	return cases{
		"adds to a line": func(t *testing.T) {
			g := w.guest(t)
			g.sellAll(1, 2)
			g.add(1, 2)
			g.add(2, 1)
			got, err := w.Cart.AddItem(t.Context(), g.request(1, 3))
			if err != nil || got.GetItemCount() != 6 {
				t.Errorf("got %v and %v, want 6 things", got, err)
			}
			g.wantLines("1×5 2×1")
		},
		"once per key": func(t *testing.T) {
			g := w.guest(t)
			g.sellAll(1, 2)
			first := g.request(1, 2)
			var made *cartv1.Cart
			for n := range 3 {
				if got, err := w.Cart.AddItem(t.Context(), first); err != nil || got.GetItemCount() != 2 || got.GetRepeated() != (n > 0) {
					t.Errorf("call %d: got %v and %v, want 2 things, and whether it is a repeat", n, got, err)
				}
				if n == 0 {
					made = g.get()
				}
			}
			if got := g.get(); !proto.Equal(got, made) {
				t.Errorf("after repeats the cart is\n%v, want it as it was\n%v", got, made)
			}
			g.add(2, 1)
			// A repeat answers with the cart as it is now, also for what is sold no more.
			g.sell(1, func(p *product) { p.Active = false })
			if got, err := w.Cart.AddItem(t.Context(), first); err != nil || got.GetItemCount() != 3 {
				t.Errorf("got %v and %v, want 3 things", got, err)
			}
			g.wantLines("1×2 2×1")
		},
		"makes no cart that must exist": func(t *testing.T) {
			g := w.guest(t)
			g.sell(1)
			r := g.request(1, 2)
			r.MustExist = true
			_, err := w.Cart.AddItem(t.Context(), r)
			if status.Code(err) != codes.NotFound || !contract.Is(err, cartv1.Reason_REASON_NO_CART) {
				t.Errorf("got %v, want no such cart", err)
			}
			if got, err := w.Cart.GetCart(t.Context(), &cartv1.GetCartRequest{CartId: r.GetCartId()}); err != nil || got.GetCart().GetExpiresAt() != nil {
				t.Errorf("got %v and %v, want no cart", got, err)
			}
			set := &cartv1.SetItemRequest{CartId: r.GetCartId(), Sku: r.GetSku(), Quantity: 1, MustExist: true}
			if _, err := w.Cart.SetItem(t.Context(), set); !contract.Is(err, cartv1.Reason_REASON_NO_CART) {
				t.Errorf("set: got %v, want no such cart", err)
			}
			set.Quantity = 0
			if _, err := w.Cart.SetItem(t.Context(), set); err != nil {
				t.Errorf("take out: got %v, want none", err)
			}
			g.add(1, 1)
			if got, err := w.Cart.AddItem(t.Context(), r); err != nil || got.GetItemCount() != 3 {
				t.Errorf("once it is there: got %v and %v, want 3 things", got, err)
			}
		},
		"a key is one cart's": func(t *testing.T) {
			g := w.guest(t)
			g.sell(1)
			r := g.request(1, 2)
			other := proto.Clone(r).(*cartv1.AddItemRequest)
			other.CartId = NewID()
			for _, r := range []*cartv1.AddItemRequest{r, other} {
				if got, err := w.Cart.AddItem(t.Context(), r); err != nil || got.GetItemCount() != 2 {
					t.Errorf("got %v and %v, want 2 things", got, err)
				}
			}
		},
		"refuses a key used for something else": func(t *testing.T) {
			g := w.guest(t)
			g.sellAll(1, 2)
			r := g.request(1, 2)
			if _, err := w.Cart.AddItem(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			for name, change := range map[string]func(*cartv1.AddItemRequest){
				"sku":      func(r *cartv1.AddItemRequest) { r.Sku = g.sku(2) },
				"quantity": func(r *cartv1.AddItemRequest) { r.Quantity++ },
			} {
				other := proto.Clone(r).(*cartv1.AddItemRequest)
				change(other)
				_, err := w.Cart.AddItem(t.Context(), other)
				t.Log("another", name)
				moduletest.WantReason(t, err, codes.InvalidArgument, cartv1.Reason_REASON_KEY_REUSED)
			}
			g.wantLines("1×2")
		},
		"a refused addition uses no key": func(t *testing.T) {
			g := w.guest(t)
			g.sell(1, func(p *product) { p.Active = false })
			r := g.request(1, 1)
			_, err := w.Cart.AddItem(t.Context(), r)
			moduletest.WantReason(t, err, codes.FailedPrecondition, cartv1.Reason_REASON_NOT_SOLD)
			g.sell(1)
			g.add(1, 99)
			_, err = w.Cart.AddItem(t.Context(), r)
			moduletest.WantReason(t, err, codes.FailedPrecondition, cartv1.Reason_REASON_LINE_FULL)
			g.wantSet(1, 3, 3)
			if got, err := w.Cart.AddItem(t.Context(), r); err != nil || got.GetItemCount() != 4 {
				t.Errorf("got %v and %v, want 4 things", got, err)
			}
		},
		"refuses more than 99 in a line": func(t *testing.T) {
			g := w.guest(t)
			g.sell(1)
			g.add(1, 98)
			err := g.addFails(1, 2)
			moduletest.WantReason(t, err, codes.FailedPrecondition, cartv1.Reason_REASON_LINE_FULL)
			if got := contract.Metadata(err, "sku"); got != g.sku(1) {
				t.Errorf("the error's sku: got %q, want %q", got, g.sku(1))
			}
			g.add(1, 1)
			g.wantLines("1×99")
		},
		"refuses more than 100 lines": func(t *testing.T) {
			g := w.guest(t)
			g.sellAll(1, 101)
			for n := 1; n <= 100; n++ {
				g.add(n, 1)
			}
			moduletest.WantReason(t, g.addFails(101, 1), codes.FailedPrecondition, cartv1.Reason_REASON_CART_FULL)
			g.add(100, 1) // a line that is there may still grow
			g.wantSet(1, 0, 100)
			g.add(101, 1)
			if got := len(g.get().GetLines()); got != 100 {
				t.Errorf("lines: got %d, want 100", got)
			}
		},
		"refuses what the catalog does not sell": func(t *testing.T) {
			g := w.guest(t)
			g.sell(1, func(p *product) { p.Active = false })
			for n := 1; n <= 2; n++ { // inactive, and unknown
				err := g.addFails(n, 1)
				moduletest.WantReason(t, err, codes.FailedPrecondition, cartv1.Reason_REASON_NOT_SOLD)
				if got := contract.Metadata(err, "sku"); got != g.sku(n) {
					t.Errorf("the error's sku: got %q, want %q", got, g.sku(n))
				}
			}
			g.wantLines("")
		},
		"keeps a cart in one currency": func(t *testing.T) {
			g := w.guest(t)
			g.sellAll(1, 2)
			g.sell(3, func(p *product) { catalogtest.SetPrice(p, "USD", 700) })
			g.add(1, 1)
			err := g.addFails(3, 1)
			moduletest.WantReason(t, err, codes.FailedPrecondition, cartv1.Reason_REASON_OTHER_CURRENCY)
			if got := contract.Metadata(err, "currency_code"); got != "EUR" {
				t.Errorf("the error's currency_code: got %q, want EUR", got)
			}
			g.wantSet(1, 0, 0)
			g.add(3, 1) // an empty cart takes any
			moduletest.WantReason(t, g.addFails(2, 1), codes.FailedPrecondition, cartv1.Reason_REASON_OTHER_CURRENCY)
			if got := g.get().GetCurrencyCode(); got != "USD" {
				t.Errorf("currency: got %q, want USD", got)
			}
		},
		"a product with prices in two currencies has the cart's": func(t *testing.T) {
			g := w.guest(t)
			g.sell(1, func(p *product) { catalogtest.SetPrice(p, "USD", 700) })
			g.sell(2, func(p *product) {
				p.Variants[0].Prices = append(p.Variants[0].Prices, &catalogv1.Price{CurrencyCode: "USD", AmountMinor: 900})
			})
			g.add(1, 1)
			g.add(2, 1) // it asks for EUR, as if the cart were new
			if got := g.get(); got.GetCurrencyCode() != "USD" || got.GetSubtotalMinor() != 1600 {
				t.Errorf("got %d %s, want 1600 USD", got.GetSubtotalMinor(), got.GetCurrencyCode())
			}
		},
		"names what is wrong with a request": func(t *testing.T) {
			_, err := w.Cart.AddItem(t.Context(), &cartv1.AddItemRequest{})
			moduletest.WantFields(t, err, "cart_id", "sku", "quantity", "idempotency_key")
			g := w.guest(t)
			g.sell(1)
			for _, quantity := range []int64{-1, 0, 100, 1 << 62} {
				moduletest.WantFields(t, g.addFails(1, quantity), "quantity")
			}
			r := g.request(1, 1)
			r.Sku, r.IdempotencyKey = "NUL\x00", strings.Repeat("k", 129)
			_, err = w.Cart.AddItem(t.Context(), r)
			moduletest.WantFields(t, err, "sku", "idempotency_key")
		},
		"the same addition at once is one": func(t *testing.T) {
			g := w.guest(t)
			g.sell(1)
			r := g.request(1, 2)
			atOnce(8, func(int) {
				if got, err := w.Cart.AddItem(t.Context(), r); err != nil || got.GetItemCount() != 2 {
					t.Errorf("got %v and %v, want 2 things", got, err)
				}
			})
			g.wantLines("1×2")
		},
		"additions at once fill a line to 99 and no further": func(t *testing.T) {
			g := w.guest(t)
			g.sell(1)
			g.add(1, 90)
			requests := make([]*cartv1.AddItemRequest, 8)
			for i := range requests {
				requests[i] = g.request(1, 4)
			}
			full := g.race(requests, cartv1.Reason_REASON_LINE_FULL)
			if full != 6 {
				t.Errorf("additions refused: got %d, want 6", full)
			}
			g.wantLines("1×98")
		},
		"additions at once fill a cart to 100 lines and no further": func(t *testing.T) {
			g := w.guest(t)
			g.sellAll(1, 104)
			for n := 1; n <= 97; n++ {
				g.add(n, 1)
			}
			var requests []*cartv1.AddItemRequest
			for n := 98; n <= 104; n++ {
				requests = append(requests, g.request(n, 1))
			}
			if full := g.race(requests, cartv1.Reason_REASON_CART_FULL); full != 4 {
				t.Errorf("additions refused: got %d, want 4", full)
			}
			if got := len(g.get().GetLines()); got != 100 {
				t.Errorf("lines: got %d, want 100", got)
			}
		},
		"first items of two currencies at once leave one": func(t *testing.T) {
			g := w.guest(t)
			g.sellAll(1, 4)
			g.sellAll(5, 8, func(p *product) { catalogtest.SetPrice(p, "USD", 700) })
			for round := range 4 { // a new cart, then an emptied one
				var requests []*cartv1.AddItemRequest
				for n := 1; n <= 8; n++ {
					requests = append(requests, g.request(n, 1))
				}
				if refused := g.race(requests, cartv1.Reason_REASON_OTHER_CURRENCY); refused != 4 {
					t.Errorf("round %d: additions refused: got %d, want 4", round, refused)
				}
				for _, l := range g.get().GetLines() {
					if l.GetStatus() != cartv1.LineStatus_LINE_STATUS_SELLABLE {
						t.Errorf("round %d: a line of another currency: %v", round, l)
					}
				}
				for n := 1; n <= 8; n++ {
					if _, err := g.set(n, 0); err != nil {
						t.Fatal(err)
					}
				}
			}
		},
	}
}

// race makes additions at once, and counts those refused for a reason.
func (g *guest) race(requests []*cartv1.AddItemRequest, reason cartv1.Reason) (refused int) {
	g.Helper()
	errs := make([]error, len(requests))
	atOnce(len(requests), func(i int) { _, errs[i] = g.Cart.AddItem(g.Context(), requests[i]) })
	for _, err := range errs {
		if err != nil {
			refused++
			moduletest.WantReason(g.T, err, codes.FailedPrecondition, reason)
		}
	}
	return refused
}

func atOnce(n int, do func(i int)) {
	var racing sync.WaitGroup
	for i := range n {
		racing.Go(func() { do(i) })
	}
	racing.Wait()
}
