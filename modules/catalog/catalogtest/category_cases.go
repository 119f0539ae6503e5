package catalogtest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/module/moduletest"
)

type category = catalogv1.Category

func categoryCases(w World) cases {
	return cases{
		"by position, then by name": func(t *testing.T) {
			c := w.corner(t)
			c.putCategories(
				&category{Slug: c.name + "-1", Name: "Zebra", Position: 2},
				&category{Slug: c.name + "-2", Name: "écru", Position: 5},
				&category{Slug: c.name + "-3", Name: "Amber", Position: 5},
				&category{Slug: c.name + "-4", Name: "Fig", Position: 5},
				&category{Slug: c.name + "-5", Name: "First", Position: -1},
			)
			c.put(c.product(1, func(p *product) { p.Category = c.name + "-6" })) // nobody placed it
			var got []string
			for _, category := range c.categories() {
				if strings.HasPrefix(category.GetSlug(), c.name) {
					got = append(got, category.GetSlug()[len(c.name)+1:])
				}
			}
			if want := []string{"5", "1", "3", "2", "4", "6"}; !slices.Equal(got, want) {
				t.Errorf("order of categories: got %v, want %v", got, want)
			}
		},
		"counts active products": func(t *testing.T) {
			c := w.corner(t)
			c.putCategories(&category{Slug: c.name, Name: "Counted", ProductCount: 77})
			c.wantCount(0)
			c.put(c.product(1), c.product(2), c.product(3, func(p *product) { p.Active = false }))
			c.wantCount(2)
			c.put(c.product(1, func(p *product) { p.Active = false }), c.product(2, func(p *product) { p.Category = c.name + "-b" }))
			c.wantCount(0)
		},
	}
}

func upsertCategoryCases(w World) cases {
	return cases{
		"writes and repeats": func(t *testing.T) {
			c := w.corner(t)
			want := &category{Slug: c.name, Name: "Küche & Bad", Intro: "All for it.", Position: 3}
			for range 2 {
				c.putCategories(want)
				if got := c.category(c.name); !proto.Equal(got, want) {
					t.Errorf("category: got %v, want %v", got, want)
				}
			}
			want.Name, want.Intro, want.Position = "Küche", "", -7
			c.putCategories(want)
			if got := c.category(c.name); !proto.Equal(got, want) {
				t.Errorf("changed category: got %v, want %v", got, want)
			}
		},
		"names one that a product made": func(t *testing.T) {
			c := w.corner(t)
			c.put(c.product(1))
			c.putCategories(&category{Slug: c.name, Name: "Named"})
			c.put(c.product(2))
			if got := c.category(c.name); got.GetName() != "Named" || got.GetProductCount() != 2 {
				t.Errorf("got %v, want the name it was given, and 2 products", got)
			}
		},
		"withdrawn ones are in no list and no facet, and their products still sold": func(t *testing.T) {
			c := w.corner(t)
			shown := c.name + "-shown"
			c.put(c.product(1), c.product(2, func(p *product) { p.Category = shown }))
			c.putCategories(&category{Slug: c.name, Name: "Withdrawn", Intro: "Kept.", Position: 2, Withdrawn: true})
			c.put(c.product(3)) // leaves it withdrawn
			listed, err := w.Catalog.ListCategories(t.Context(), &catalogv1.ListCategoriesRequest{})
			if err != nil || slices.ContainsFunc(listed.GetCategories(), func(got *category) bool { return got.GetSlug() == c.name }) {
				t.Errorf("got %v, %v, want it left out", listed, err)
			}
			want := &category{Slug: c.name, Name: "Withdrawn", Intro: "Kept.", Position: 2, Withdrawn: true, ProductCount: 2}
			if got := c.category(c.name); !proto.Equal(got, want) {
				t.Errorf("when asked for: got %v, want %v", got, want)
			}
			for _, r := range []*list{{Category: c.name}, {Category: c.name, WithFacets: true}, {Category: c.name, Query: c.name}} {
				if got := c.list(r); len(got.GetProducts()) != 0 || got.GetTotal() != 0 || r.WithFacets && got.GetFacets() == nil {
					t.Errorf("products of %v: got %v, want none", r, got)
				}
			}
			found := c.list(&list{Query: c.name, WithFacets: true})
			if categories := found.GetFacets().GetCategories(); found.GetTotal() != 3 || len(categories) != 1 || categories[0].GetValue() != shown {
				t.Errorf("a search: got %d products and %v, want 3 and the category that is shown", found.GetTotal(), categories)
			}
			sku := SKU(c.product(1))
			offers, err := w.Catalog.GetOffers(t.Context(), &catalogv1.GetOffersRequest{Skus: []string{sku}, CurrencyCode: "EUR"})
			if err != nil || offers.GetOffers()[0].GetStatus() != catalogv1.OfferStatus_OFFER_STATUS_SELLABLE {
				t.Errorf("its offer: got %v, %v, want it sellable", offers, err)
			}
			c.putCategories(&category{Slug: c.name, Name: "Back"})
			c.wantNumbers(c.list(&list{Category: c.name}).GetProducts(), 3, 1)
		},
		"names every bad field, and writes none": func(t *testing.T) {
			c := w.corner(t)
			_, err := w.Catalog.UpsertCategories(t.Context(), &catalogv1.UpsertCategoriesRequest{Categories: []*category{
				{Slug: c.name, Name: "Good"},
				{Slug: "Bad Slug", Name: "", Intro: strings.Repeat("i", 501)},
				{Slug: strings.Repeat("s", 65), Name: strings.Repeat("n", 201)},
				{Slug: c.name, Name: "Twice"},
			}})
			moduletest.WantFields(t, err, "categories[1].slug", "categories[1].name", "categories[1].intro",
				"categories[2].slug", "categories[2].name", "categories[3].slug")
			if slices.ContainsFunc(c.categories(), func(got *category) bool { return got.GetSlug() == c.name }) {
				t.Error("a refused upsert wrote a category")
			}
		},
		"up to 200 in one call": func(t *testing.T) {
			c := w.corner(t)
			var many []*category
			for i := range 201 {
				many = append(many, &category{Slug: fmt.Sprintf("%s-%d", c.name, i), Name: "One of many"})
			}
			_, err := w.Catalog.UpsertCategories(t.Context(), &catalogv1.UpsertCategoriesRequest{Categories: many})
			moduletest.WantFields(t, err, "categories")
			c.putCategories(many[:200]...)
		},
	}
}

func (c *corner) putCategories(categories ...*category) {
	c.Helper()
	if _, err := c.Catalog.UpsertCategories(c.Context(), &catalogv1.UpsertCategoriesRequest{Categories: categories}); err != nil {
		c.Fatalf("upsert categories: %v", err)
	}
}

func (c *corner) categories() []*category {
	c.Helper()
	got, err := c.Catalog.ListCategories(c.Context(), &catalogv1.ListCategoriesRequest{WithWithdrawn: true})
	if err != nil {
		c.Fatalf("list categories: %v", err)
	}
	return got.GetCategories()
}

// category gets the category there must be.
func (c *corner) category(slug string) *category {
	c.Helper()
	all := c.categories()
	i := slices.IndexFunc(all, func(got *category) bool { return got.GetSlug() == slug })
	if i < 0 {
		c.Fatalf("there is no category %s", slug)
	}
	return all[i]
}

func (c *corner) wantCount(want int32) {
	c.Helper()
	if got := c.category(c.name).GetProductCount(); got != want {
		c.Errorf("active products: got %d, want %d", got, want)
	}
}
