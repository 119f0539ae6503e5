package shelf_test

import (
	"fmt"
	"sync"
	"testing"

	"galleria/modules/catalog/internal/product"
	"galleria/modules/catalog/internal/shelf"
)

func thing(t testing.TB, n int, name string) product.Product {
	t.Helper()
	p, problems := product.New(product.Facts{
		Name: name, Category: "a", Active: true,
		Variants: []product.Variant{{SKU: fmt.Sprint("S", n), Active: true, Prices: []product.Price{{Currency: "EUR", Amount: 1}}}},
	})
	if problems != nil {
		t.Fatal(problems)
	}
	return p
}

func things(t testing.TB, n int) *shelf.Shelf {
	t.Helper()
	wanted := make([]product.Product, n)
	for i := range wanted {
		wanted[i] = thing(t, i, fmt.Sprint("Thing ", i))
	}
	return changed(t, &shelf.Shelf{}, wanted...)
}

func changed(t testing.TB, s *shelf.Shelf, wanted ...product.Product) *shelf.Shelf {
	t.Helper()
	changes, _, err := s.PlanProducts(wanted, making())
	if err != nil {
		t.Fatal(err)
	}
	return s.With(changes)
}

// TestWhatIsLookedUpAgainIsNotUnpackedAgain: a product stays unpacked until many
// others were looked up.
func TestWhatIsLookedUpAgainIsNotUnpackedAgain(t *testing.T) {
	const many = 3000
	s := things(t, many)
	first := s.BySKU("S0")
	if s.BySKU("S0") != first {
		t.Error("a product that was just looked up was unpacked again")
	}
	for n := 1; n < many; n++ {
		s.BySKU(fmt.Sprint("S", n))
	}
	if s.BySKU("S0") == first {
		t.Errorf("a product is still unpacked after %d others were looked up: nothing ends it", many-1)
	}
}

// TestALookUpSeesTheChange, while others look at the shelf before it.
func TestALookUpSeesTheChange(t *testing.T) {
	before := things(t, 10)
	before.BySKU("S1")
	after := changed(t, before, thing(t, 1, "Renamed"))
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 1000 {
				if name := before.BySKU("S1").Name(); name != "Thing 1" {
					t.Errorf("before the change: got %q, want %q", name, "Thing 1")
				}
				if name := after.BySKU("S1").Name(); name != "Renamed" {
					t.Errorf("after the change: got %q, want %q", name, "Renamed")
				}
			}
		})
	}
	all.Wait()
}
