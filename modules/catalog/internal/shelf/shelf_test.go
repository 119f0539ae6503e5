package shelf_test

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"galleria/modules/catalog/internal/product"
	"galleria/modules/catalog/internal/shelf"
	"galleria/platform/id"
)

// draft is any product of a few, so that they meet.
func draft(t *rapid.T) product.Product {
	n := rapid.IntRange(0, 9).Draw(t, "sku")
	facts := product.Facts{
		Name:     rapid.SampledFrom([]string{"Mug", "mug", "Pot", "Jug blue", "Blue"}).Draw(t, "name"),
		Slug:     rapid.SampledFrom([]string{"", "", "mug", "mug-2", "x", "y"}).Draw(t, "slug"),
		Category: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "category"),
		Variants: []product.Variant{{
			SKU: fmt.Sprint("S", n), Active: true, Prices: []product.Price{{Currency: "EUR", Amount: rapid.Int64Range(0, 3).Draw(t, "price")}},
		}},
		Active: rapid.IntRange(0, 3).Draw(t, "inactive") > 0,
		Tags:   rapid.SampledFrom([][]string{nil, {"t"}}).Draw(t, "tags"),
	}
	p, problems := product.New(facts)
	if problems != nil {
		t.Fatalf("%+v: %v", facts, problems)
	}
	return p
}

func making() shelf.Making { return shelf.Making{NewID: id.New, At: time.Now()} }

func wanted(t *rapid.T) []product.Product {
	return rapid.SliceOfNDistinct(rapid.Custom(draft), 1, 5, func(p product.Product) string { return p.SKUs()[0] }).Draw(t, "wanted")
}

// TestAShelfChangedInStepsIsTheShelfMadeAtOnce: the walk that merges changes
// into each order, and frees and takes slugs, ends where building anew would.
func TestAShelfChangedInStepsIsTheShelfMadeAtOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		stepped, all := &shelf.Shelf{}, map[string]product.Product{}
		for range rapid.IntRange(1, 8).Draw(t, "steps") {
			changes, _, err := stepped.PlanProducts(wanted(t), making())
			if err != nil {
				continue // a slug is taken: nothing changes
			}
			for _, p := range changes.Products {
				all[p.ID()] = p
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
				for _, words := range [][]string{nil, {"blue"}, {"mug"}, {"ju", "t"}} {
					q := shelf.Query{Category: category, Sort: sort, Words: words, Currency: "EUR", Facets: words != nil}
					got, facets := pages(stepped, q)
					want, wantFacets := pages(atOnce, q)
					if !slices.Equal(got, want) || !reflect.DeepEqual(facets, wantFacets) {
						t.Errorf("%+v: got %v and %+v, want %v and %+v", q, got, facets, want, wantFacets)
					}
				}
			}
			if got, want := stepped.Count(category), atOnce.Count(category); got != want {
				t.Errorf("products in %q: got %d, want %d", category, got, want)
			}
		}
		for _, p := range products {
			if got := stepped.BySlug(p.Slug()); got == nil || got.SKUs()[0] != p.SKUs()[0] {
				t.Errorf("slug %q: got %v, want %s", p.Slug(), got, p.SKUs()[0])
			}
		}
	})
}

// pages reads a list in pages of two.
func pages(s *shelf.Shelf, q shelf.Query) (skus []string, facets *shelf.Facets) {
	q.Size = 2
	for {
		page := s.List(q)
		for _, p := range page.Products {
			skus = append(skus, p.SKUs()[0])
		}
		if page.Last == nil {
			return skus, page.Facets
		}
		q.After = page.Last
	}
}

// TestAListHasWhatALookAtEachProductFinds: columns, the choice of the first ones and
// remembered lists are ways to be fast, and change no answer.
func TestAListHasWhatALookAtEachProductFinds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &shelf.Shelf{}
		for range rapid.IntRange(1, 8).Draw(t, "steps") {
			changes, _, err := s.PlanProducts(wanted(t), making())
			if err != nil {
				continue
			}
			s = s.With(changes)
			if all, _ := s.After(0, 1, nil); rapid.Bool().Draw(t, "delete") {
				deletion, err := s.PlanDeletion([]string{all[0].ID()}, nil)
				if err != nil {
					t.Fatal(err)
				}
				s = s.With(deletion)
			}
			q := shelf.Query{
				Category: rapid.SampledFrom([]string{"", "a", "b", "none"}).Draw(t, "category"), Currency: rapid.SampledFrom([]string{"EUR", "USD"}).Draw(t, "currency"),
				Tags: rapid.SampledFrom([][]string{nil, {"t"}, {"none"}}).Draw(t, "tags"), Sort: shelf.Sort(rapid.IntRange(0, 3).Draw(t, "sort")),
				Min: rapid.Int64Range(0, 2).Draw(t, "min"), Max: rapid.Int64Range(0, 3).Draw(t, "max"),
			}
			all, _ := s.After(0, 100, nil)
			all = slices.DeleteFunc(all, func(p *product.Product) bool {
				price, priced := p.Lowest(q.Currency)
				bounded := q.Min > 0 || q.Max > 0
				return !p.Active() || q.Category != "" && p.Category() != q.Category || len(q.Tags) > 0 && !slices.Equal(p.Facts().Tags, q.Tags) ||
					bounded && (!priced || price < q.Min || q.Max > 0 && price > q.Max)
			})
			slices.SortFunc(all, func(a, b *product.Product) int {
				first, _ := a.Lowest("EUR")
				second, _ := b.Lowest("EUR")
				newer := cmp.Compare(b.Born(), a.Born())
				switch {
				case q.Sort == shelf.ByName:
					return cmp.Or(strings.Compare(strings.ToLower(a.Name()), strings.ToLower(b.Name())), newer)
				case q.Sort == shelf.Newest, q.Currency != "EUR":
					return newer
				case q.Sort == shelf.Dearest:
					return cmp.Or(cmp.Compare(second, first), newer)
				}
				return cmp.Or(cmp.Compare(first, second), newer)
			})
			var want []string
			for _, p := range all {
				want = append(want, p.SKUs()[0])
			}
			for range 2 { // the second time it is remembered
				if got, _ := pages(s, q); !slices.Equal(got, want) {
					t.Fatalf("%+v: got %v, want %v", q, got, want)
				}
			}
		}
	})
}

// TestAProductComesBackAsItWasPutOnTheShelf: nothing gets lost where it is packed.
func TestAProductComesBackAsItWasPutOnTheShelf(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringN(1, 20, 60)
		facts := product.Facts{
			ID: id.New(), Slug: "slug", Name: "é" + text.Draw(t, "name"), Description: rapid.String().Draw(t, "description"), Category: "a",
			Active: rapid.Bool().Draw(t, "active"),
		}
		facts.Tags = rapid.SliceOfN(text, 0, 20).Draw(t, "tags")
		for range rapid.IntRange(0, 3).Draw(t, "pictures") {
			facts.Pictures = append(facts.Pictures, product.Picture{Name: text.Draw(t, "name"), Alt: rapid.String().Draw(t, "alt")})
		}
		for range rapid.IntRange(0, 3).Draw(t, "attributes") {
			facts.Attributes = append(facts.Attributes, product.Attribute{Name: text.Draw(t, "name"), Value: text.Draw(t, "value")})
		}
		for range rapid.IntRange(0, 2).Draw(t, "options") {
			facts.Options = append(facts.Options, product.Option{Name: text.Draw(t, "name"), Values: rapid.SliceOfN(text, 1, 3).Draw(t, "values")})
		}
		for n := range rapid.IntRange(1, 3).Draw(t, "variants") {
			v := product.Variant{
				SKU: fmt.Sprint("SKU-", n), WeightGrams: rapid.Int32Min(0).Draw(t, "weight"), TaxClass: "books", Picture: text.Draw(t, "picture"),
				Active: rapid.Bool().Draw(t, "active"),
			}
			for _, o := range facts.Options {
				v.OptionValues = append(v.OptionValues, o.Values[0])
			}
			for _, currency := range []string{"EUR", "JPY"}[:rapid.IntRange(0, 2).Draw(t, "prices")] {
				v.Prices = append(v.Prices, product.Price{Currency: currency, Amount: rapid.Int64Min(0).Draw(t, "amount"), CompareAt: rapid.Int64Min(0).Draw(t, "compare at")})
			}
			facts.Variants = append(facts.Variants, v)
		}
		born, created := rapid.Int64Min(1).Draw(t, "born"), time.Now().Truncate(time.Microsecond)
		want := product.Restore(facts, rapid.SliceOfN(text, 0, 3).Draw(t, "former"), born, created)
		s := (&shelf.Shelf{}).With(shelf.Changes{Version: 1, Products: []product.Product{want}})
		for _, got := range []*product.Product{s.ByID(want.ID()), s.BySKU("SKU-0"), s.BySlug("slug")} {
			if got == nil || !got.Same(&want) || got.Born() != born || !got.Created().Equal(created) {
				t.Fatalf("got %+v, want %+v", got, want)
			}
		}
	})
}

func TestSlugsStayUniqueAndRepeatsChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &shelf.Shelf{}
		for range rapid.IntRange(1, 10).Draw(t, "steps") {
			products := wanted(t)
			changes, _, err := s.PlanProducts(products, making())
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
					t.Fatalf("slug %q is that of %s and of %q", p.Slug(), p.SKUs()[0], other)
				}
				holders[p.Slug()] = p.SKUs()[0]
			}
			again, done, err := s.PlanProducts(products, making())
			if err != nil || !again.Empty() || done.Unchanged != len(products) {
				t.Fatalf("the same again: got %+v, %+v and %v, want nothing to change", again, done, err)
			}
		}
	})
}

func TestAShelfIsNotChangedByItsSuccessor(t *testing.T) {
	put := func(s *shelf.Shelf, name string, price int64) *shelf.Shelf {
		p, problems := product.New(product.Facts{
			Name: name, Category: "a", Active: true,
			Variants: []product.Variant{{SKU: "S", Active: true, Prices: []product.Price{{Currency: "EUR", Amount: price}}}},
		})
		if problems != nil {
			t.Fatal(problems)
		}
		changes, _, err := s.PlanProducts([]product.Product{p}, making())
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
		"nesting,bowls":     {"bowls", "nesting"},
		"Bosun’s Kit-Bag":   {"bag", "bosuns", "kit"},
		"the mug for tea":   {"mug", "tea"},
		"for the":           {"for", "the"},
		" crème\tbrûlée\n ": {"brulee", "creme"},
	} {
		if got := shelf.Words(query); !slices.Equal(got, want) {
			t.Errorf("words of %q: got %q, want %q", query, got, want)
		}
	}
}

// TestSearching: what shoppers type, and what they mean.
func TestSearching(t *testing.T) {
	names := []string{
		"Reading Lamp", "Stoneware Mug", "Bread Knife", "Nesting Bowls", "Bosun’s Kit Bag", "Art Print", "Velvet Cushion", "Wooden Box", "Knitted Throw", "Lampshade", "Earrings", "Lighting",
	}
	s := &shelf.Shelf{}
	for i, name := range names {
		f := product.Facts{
			Name: name, Category: "things", Active: true,
			Variants: []product.Variant{{SKU: fmt.Sprint("S", i), Active: true, Prices: []product.Price{{Currency: "EUR", Amount: 100}}}},
		}
		if name == "Velvet Cushion" {
			f.Description = "Buttoned by hand, a small work of art for a party of one. Made for a reading corner."
		}
		p, problems := product.New(f)
		if problems != nil {
			t.Fatal(problems)
		}
		changes, _, err := s.PlanProducts([]product.Product{p}, making())
		if err != nil {
			t.Fatal(err)
		}
		s = s.With(changes)
	}
	for query, want := range map[string][]string{
		"lamps":           {"Reading Lamp", "Lampshade"},
		"mugs":            {"Stoneware Mug"},
		"knives":          {"Bread Knife"},
		"boxes":           {"Wooden Box"},
		"art":             {"Art Print", "Velvet Cushion"},
		"button":          {"Velvet Cushion"},
		"nesting,bowls":   {"Nesting Bowls"},
		"nesting bowl":    {"Nesting Bowls"},
		"Bosun’s Kit Bag": {"Bosun’s Kit Bag"},
		"bosuns kit":      {"Bosun’s Kit Bag"},
		"bosun's":         {"Bosun’s Kit Bag"},
		"stonware":        {"Stoneware Mug"},
		"stoneware mgu":   nil, // three letters are too few to guess
		"knifes":          {"Bread Knife"},
		"lmap":            {"Reading Lamp"},
		"reading":         {"Reading Lamp", "Velvet Cushion"},
		"cush":            {"Velvet Cushion"},
		"knit":            {"Knitted Throw"},
		"earri":           {"Earrings"}, // each letter that is typed finds what the whole word does
		"earrin":          {"Earrings"},
		"earring":         {"Earrings"},
		"lighti":          {"Lighting"},
		"knitte":          {"Knitted Throw"},
		"S4":              {"Bosun’s Kit Bag"},
		"rabbit":          nil,
		"!!!":             nil,
	} {
		page := s.List(shelf.Query{Words: shelf.Words(query), Size: 10})
		var got []string
		for _, p := range page.Products {
			got = append(got, p.Name())
		}
		if !slices.Equal(got, want) || page.Total != len(want) {
			t.Errorf("%q: got %q, want %q", query, got, want)
		}
	}
}
