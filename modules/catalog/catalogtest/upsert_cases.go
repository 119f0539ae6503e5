package catalogtest

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/contract"
)

func upsertCases(w World) cases {
	return cases{
		"repeating it changes nothing": func(t *testing.T) {
			c := w.corner(t)
			products := c.products(3)
			products[0].Slug = ""
			c.wantDone(c.put(products...), 3, 0, 0)
			before := c.get(products[0].GetSku(), products[1].GetSku(), products[2].GetSku())
			c.wantDone(c.put(products...), 0, 0, 3)
			products[1].Description = "Changed."
			c.wantDone(c.put(append(products, c.product(4))...), 1, 1, 2)
			c.wantSame(c.one(products[0].GetSku()), before[0])
			c.wantNumbers(c.list(&list{Category: c.name}).GetProducts(), 4, 3, 2, 1)
		},
		"nothing to write is written": func(t *testing.T) {
			c := w.corner(t)
			c.wantDone(c.put(), 0, 0, 0)
		},
		"names every bad field, and writes none": func(t *testing.T) {
			c := w.corner(t)
			good := c.product(1)
			err := c.refused(good, &product{
				Sku: "with space", Slug: "Upper", Name: " ", Description: strings.Repeat("d", 5001), Category: "",
				Tags: []string{"", strings.Repeat("t", 51)}, CurrencyCode: "XYZ", PriceMinor: -1,
				Pictures: make([]string, 11),
			}, c.product(2, func(p *product) { p.Name = "NUL \x00" }))
			wantFields(t, err, "products[1].sku", "products[1].slug", "products[1].name", "products[1].description", "products[1].category",
				"products[1].tags[0]", "products[1].tags[1]", "products[1].pictures",
				"products[1].pictures[0]", "products[1].pictures[1]", "products[1].pictures[2]", "products[1].pictures[3]",
				"products[1].pictures[4]", "products[1].pictures[5]", "products[1].pictures[6]", "products[1].pictures[7]",
				"products[1].pictures[8]", "products[1].pictures[9]", "products[1].pictures[10]",
				"products[1].currency_code", "products[1].price_minor", "products[2].name")
			if got := c.get(good.GetSku()); len(got) != 0 {
				t.Errorf("after a refused upsert: got %v, want nothing", got)
			}
		},
		"accepts what the contract just allows": func(t *testing.T) {
			c := w.corner(t)
			p := c.product(1, func(p *product) {
				p.Sku = strings.ToUpper(c.name) + strings.Repeat("a", 64-len(c.name)-4) + ".-_9"
				p.Name, p.Description = strings.Repeat("ü", 200), strings.Repeat("ü", 5000)
				p.Tags, p.Pictures = make([]string, 20), make([]string, 10)
				for i := range p.Tags {
					p.Tags[i] = strings.Repeat("ß", 49) + string(rune('a'+i))
				}
				for i := range p.Pictures {
					p.Pictures[i] = fmt.Sprint(i)
				}
			})
			c.put(p)
			c.wantSame(c.one(p.GetSku()), p)
		},
		"refuses a sku that stands in it twice": func(t *testing.T) {
			c := w.corner(t)
			wantFields(t, c.refused(c.product(1), c.product(2), c.product(1)), "products[2].sku")
		},
		"up to 500 in one call": func(t *testing.T) {
			c := w.corner(t)
			products := c.products(501)
			wantFields(t, c.refused(products...), "products")
			c.wantDone(c.put(products[:500]...), 500, 0, 0)
		},
		"makes slugs of names": func(t *testing.T) {
			c := w.corner(t)
			for n, test := range []struct{ name, want string }{
				{"Grandma's Crème Brûlée, 2 × Größe L/XL", "grandmas-creme-brulee-2-grosse-l-xl"},
				{"  Øre & Æble  ", "ore-aeble"},
			} {
				p := c.product(n, func(p *product) { p.Name, p.Slug = test.name+" "+c.name, "" })
				c.put(p)
				if got, want := c.one(p.GetSku()).GetSlug(), test.want+"-"+c.name; got != want {
					t.Errorf("slug of %q: got %q, want %q", p.GetName(), got, want)
				}
			}
			p := c.product(2, func(p *product) { p.Name, p.Slug = "漢字", "" })
			c.put(p)
			if got, want := c.one(p.GetSku()).GetSlug(), c.name+"-2"; got != want {
				t.Errorf("slug of a name without Latin letters: got %q, want one made of the sku, %q", got, want)
			}
		},
		"slugs made of names are numbered when taken": func(t *testing.T) {
			c := w.corner(t)
			named := func(n int) *product {
				return c.product(n, func(p *product) { p.Name, p.Slug = c.name+" Mug", "" })
			}
			c.put(named(1))
			c.put(named(2), named(3), c.product(4, func(p *product) { p.Slug = c.name + "-mug-3" }))
			for n, want := range map[int]string{1: "-mug", 2: "-mug-2", 3: "-mug-4", 4: "-mug-3"} {
				if got := c.one(c.product(n).GetSku()).GetSlug(); got != c.name+want {
					t.Errorf("slug of product %d: got %q, want %q", n, got, c.name+want)
				}
			}
		},
		"a product keeps its slug when its name changes": func(t *testing.T) {
			c := w.corner(t)
			p := c.product(1)
			c.put(p)
			renamed := proto.Clone(p).(*product)
			renamed.Name, renamed.Slug = "Something else", ""
			c.wantDone(c.put(renamed), 0, 1, 0)
			if got := c.one(p.GetSku()); got.GetSlug() != p.GetSlug() || got.GetName() != renamed.GetName() {
				t.Errorf("got %v, want slug %q and name %q", got, p.GetSlug(), renamed.GetName())
			}
		},
		"refuses a slug that another sku has": func(t *testing.T) {
			c := w.corner(t)
			c.put(c.product(1))
			err := c.refused(c.product(3), c.product(2, func(p *product) { p.Slug = c.product(1).GetSlug() }))
			wantReason(t, err, codes.AlreadyExists, catalogv1.Reason_REASON_SLUG_TAKEN)
			if got, want := contract.Metadata(err, "slug"), c.product(1).GetSlug(); got != want {
				t.Errorf("the error's slug: got %q, want %q", got, want)
			}
			err = c.refused(c.product(3), c.product(4, func(p *product) { p.Slug = c.product(3).GetSlug() }))
			wantReason(t, err, codes.AlreadyExists, catalogv1.Reason_REASON_SLUG_TAKEN)
			if got := c.get(c.product(2).GetSku(), c.product(3).GetSku(), c.product(4).GetSku()); len(got) != 0 {
				t.Errorf("after refused upserts: got %v, want nothing", got)
			}
		},
		"a slug given up can be had by another": func(t *testing.T) {
			c := w.corner(t)
			a, b := c.product(1), c.product(2)
			c.put(a, b)
			a.Slug, b.Slug = b.Slug, a.Slug // at once
			c.wantDone(c.put(a, b), 0, 2, 0)
			c.wantSame(c.one(a.GetSku()), a)
			got, err := w.Catalog.GetProducts(t.Context(), &catalogv1.GetProductsRequest{Slugs: []string{a.GetSlug(), b.GetSlug()}})
			if err != nil {
				t.Fatal(err)
			}
			c.wantNumbers(got.GetProducts(), 1, 2)
			a.Slug += "-new"
			c.put(a)
			third := c.product(3, func(p *product) { p.Slug = c.product(2).GetSlug() })
			c.put(third)
			c.wantSame(c.one(third.GetSku()), third)
		},
		"makes a category that is not there": func(t *testing.T) {
			c := w.corner(t)
			c.put(c.product(1, func(p *product) { p.Category = "garden-" + c.name }))
			got := c.category("garden-" + c.name)
			if want := "Garden C" + c.name[1:]; got.GetName() != want || got.GetProductCount() != 1 {
				t.Errorf("category: got %v, want name %q and one product", got, want)
			}
		},
		"of two that want a slug at once one gets it": func(t *testing.T) {
			c := w.corner(t)
			const rivals = 8
			errs := make([]error, rivals)
			var racing sync.WaitGroup
			for i := range rivals {
				racing.Go(func() {
					p := c.product(i, func(p *product) { p.Slug = c.name })
					_, errs[i] = w.Catalog.UpsertProducts(t.Context(), &catalogv1.UpsertProductsRequest{Products: []*product{p}})
				})
			}
			racing.Wait()
			won := 0
			for _, err := range errs {
				if err == nil {
					won++
					continue
				}
				wantReason(t, err, codes.AlreadyExists, catalogv1.Reason_REASON_SLUG_TAKEN)
			}
			if won != 1 {
				t.Errorf("upserts that got the slug: %d, want 1", won)
			}
		},
		"upserts at once that overlap all arrive": func(t *testing.T) {
			c := w.corner(t)
			var racing sync.WaitGroup
			for n := range 6 {
				racing.Go(func() {
					products := c.products(10)
					for i := range products {
						products[i].Description = fmt.Sprintf("by %d", n)
					}
					if n%2 == 1 { // in another order, for deadlocks
						for i := range 5 {
							products[i], products[9-i] = products[9-i], products[i]
						}
					}
					if _, err := w.Catalog.UpsertProducts(t.Context(), &catalogv1.UpsertProductsRequest{Products: products}); err != nil {
						t.Errorf("upsert %d: %v", n, err)
					}
				})
			}
			racing.Wait()
			got := c.list(&list{Category: c.name})
			for _, p := range got.GetProducts() {
				if p.GetDescription() != got.GetProducts()[0].GetDescription() {
					t.Errorf("got %q beside %q, want all from the last upsert", p.GetDescription(), got.GetProducts()[0].GetDescription())
				}
			}
			if got.GetTotal() != 10 {
				t.Errorf("products: got %d, want 10", got.GetTotal())
			}
		},
	}
}

func (c *corner) wantDone(got *catalogv1.UpsertProductsResponse, created, updated, unchanged int32) {
	c.Helper()
	want := &catalogv1.UpsertProductsResponse{Created: created, Updated: updated, Unchanged: unchanged}
	if !proto.Equal(got, want) {
		c.Errorf("upsert: got %v, want %v", got, want)
	}
}
