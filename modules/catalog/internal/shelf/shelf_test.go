package shelf_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"galleria/modules/catalog/internal/product"
	"galleria/modules/catalog/internal/shelf"
)

// draft is any product of a few, so that they meet.
func draft(t *rapid.T) product.Product {
	n := rapid.IntRange(0, 9).Draw(t, "sku")
	facts := product.Facts{
		SKU:        fmt.Sprint("S", n),
		Name:       rapid.SampledFrom([]string{"Mug", "mug", "Pot", "Jug blue", "Blue"}).Draw(t, "name"),
		Slug:       rapid.SampledFrom([]string{"", "", "mug", "mug-2", "x", "y"}).Draw(t, "slug"),
		Category:   rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "category"),
		Currency:   "EUR",
		PriceMinor: rapid.Int64Range(0, 3).Draw(t, "price"),
		Active:     rapid.IntRange(0, 3).Draw(t, "inactive") > 0,
		Tags:       rapid.SampledFrom([][]string{nil, {"t"}}).Draw(t, "tags"),
	}
	p, problems := product.New(facts)
	if problems != nil {
		t.Fatalf("%+v: %v", facts, problems)
	}
	return p
}

func wanted(t *rapid.T) []product.Product {
	return rapid.SliceOfNDistinct(rapid.Custom(draft), 1, 5, func(p product.Product) string { return p.SKU() }).Draw(t, "wanted")
}

// TestAShelfChangedInStepsIsTheShelfMadeAtOnce: the walk that merges changes
// into each order, and frees and takes slugs, ends where building anew would.
func TestAShelfChangedInStepsIsTheShelfMadeAtOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		stepped, all := &shelf.Shelf{}, map[string]product.Product{}
		for range rapid.IntRange(1, 8).Draw(t, "steps") {
			changes, _, err := stepped.PlanProducts(wanted(t))
			if err != nil {
				continue // a slug is taken: nothing changes
			}
			for _, p := range changes.Products {
				all[p.SKU()] = p
			}
			stepped = stepped.With(changes)
		}
		var products []product.Product
		for _, p := range all {
			products = append(products, p)
		}
		atOnce := (&shelf.Shelf{}).With(shelf.Changes{Version: stepped.Version(), Products: products})
		for _, category := range []string{"", "a", "b", "c"} {
			for sort := shelf.Newest; sort <= shelf.ByName; sort++ {
				got, want := pages(stepped, category, sort), pages(atOnce, category, sort)
				if !slices.Equal(got, want) {
					t.Errorf("category %q by %d: got %v, want %v", category, sort, got, want)
				}
			}
			if got, want := stepped.Count(category), atOnce.Count(category); got != want {
				t.Errorf("products in %q: got %d, want %d", category, got, want)
			}
		}
		for _, p := range products {
			if got := stepped.BySlug(p.Slug()); got == nil || got.SKU() != p.SKU() {
				t.Errorf("slug %q: got %v, want %s", p.Slug(), got, p.SKU())
			}
		}
	})
}

// pages reads a list in pages of two.
func pages(s *shelf.Shelf, category string, sort shelf.Sort) (skus []string) {
	q := shelf.Query{Category: category, Sort: sort, Size: 2}
	for {
		page := s.List(q)
		for _, p := range page.Products {
			skus = append(skus, p.SKU())
		}
		if page.Last == nil {
			return skus
		}
		q.After = page.Last
	}
}

func TestSlugsStayUniqueAndRepeatsChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &shelf.Shelf{}
		for range rapid.IntRange(1, 10).Draw(t, "steps") {
			products := wanted(t)
			changes, _, err := s.PlanProducts(products)
			if err != nil {
				continue
			}
			s = s.With(changes)
			holders := map[string]string{}
			for n := range 10 {
				p := s.BySKU(fmt.Sprint("S", n))
				if p == nil {
					continue
				}
				if other := holders[p.Slug()]; other != "" || p.Slug() == "" {
					t.Fatalf("slug %q is that of %s and of %q", p.Slug(), p.SKU(), other)
				}
				holders[p.Slug()] = p.SKU()
			}
			again, done, err := s.PlanProducts(products)
			if err != nil || !again.Empty() || done.Unchanged != len(products) {
				t.Fatalf("the same again: got %+v, %+v and %v, want nothing to change", again, done, err)
			}
		}
	})
}

func TestAShelfIsNotChangedByItsSuccessor(t *testing.T) {
	put := func(s *shelf.Shelf, name string, price int64) *shelf.Shelf {
		p, problems := product.New(product.Facts{SKU: "S", Name: name, Category: "a", Currency: "EUR", PriceMinor: price, Active: true})
		if problems != nil {
			t.Fatal(problems)
		}
		changes, _, err := s.PlanProducts([]product.Product{p})
		if err != nil {
			t.Fatal(err)
		}
		return s.With(changes)
	}
	first := put(&shelf.Shelf{}, "Before", 1)
	put(first, "After", 2)
	page := first.List(shelf.Query{Category: "a", Size: 10})
	if page.Total != 1 || page.Products[0].Name() != "Before" || first.BySlug("before") == nil {
		t.Errorf("the earlier shelf: got %v, want it as it was", page)
	}
}

func TestWordsOfASearch(t *testing.T) {
	for query, want := range map[string][]string{
		"":                  nil,
		"Salt & PEPPER":     {"pepper", "salt"},
		"mug mug Mug":       {"mug"},
		"&":                 {"&"},
		" crème\tbrûlée\n ": {"brulee", "creme"},
	} {
		if got := shelf.Words(query); !slices.Equal(got, want) {
			t.Errorf("words of %q: got %q, want %q", query, got, want)
		}
	}
}
