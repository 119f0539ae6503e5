package store

import (
	"fmt"
	"testing"

	"galleria/modules/cart/internal/cart"
)

func TestKeptCartsAreBoundedAndThoseInUseStay(t *testing.T) {
	k := newKept(100)
	used := cart.Cart{ID: "used", Lines: make([]cart.Line, 3)}
	k.put(used)
	for n := range 10_000 {
		k.put(cart.Cart{ID: fmt.Sprint(n), Lines: make([]cart.Line, n%7)})
		if _, found := k.get("used"); !found {
			t.Fatalf("after %d carts: one that is used all the time is forgotten", n)
		}
		if n%3 == 0 {
			k.forget(fmt.Sprint(n))
		}
	}
	lines := 0
	for _, half := range []map[string]cart.Cart{k.young, k.old} {
		for _, c := range half {
			lines += 1 + len(c.Lines)
		}
	}
	if lines > 2*(100+7) {
		t.Errorf("got %d lines in memory, want 214 at most", lines)
	}
}

func TestAKeptCartIsItsReceiversOwn(t *testing.T) {
	k := newKept(100)
	k.put(cart.Cart{ID: "one", Lines: []cart.Line{{SKU: "MUG", Quantity: 1}}, Codes: []string{"A"}})
	first, _ := k.get("one")
	first.Lines[0].Quantity, first.Codes[0] = 9, "B"
	if again, _ := k.get("one"); again.Lines[0].Quantity != 1 || again.Codes[0] != "A" {
		t.Errorf("got %+v, want the cart as it was put", again)
	}
}
