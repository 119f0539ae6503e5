package catalogtest

import (
	"fmt"
	"testing"

	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/module/moduletest"
)

func getCases(w World) cases {
	return cases{
		"gets what was put": func(t *testing.T) {
			c := w.corner(t)
			want := c.product(1, func(p *product) {
				p.Name, p.Description = "Ölkanne „Größe 1“ 漢字", "First line.\nSecond\tline: it's 100 % \"quoted\"."
				p.Tags, p.Pictures = []string{"b", "a", "ü"}, Pictures("one.svg", "two.svg", "three.svg")
				p.Pictures[1].Alt = "Eine „Kanne“ = Öl | daneben"
				SetPrice(p, "JPY", 10_000_000_000_000)
			})
			bare := c.product(2, func(p *product) {
				p.Description, p.Tags, p.Pictures, p.Active = "", nil, nil, false
				SetPrice(p, "EUR", 0)
			})
			c.put(want, bare)
			c.wantSame(c.one(SKU(want)), want)
			c.wantSame(c.one(SKU(bare)), bare)
		},
		"in the order asked, skus first, without the unknown": func(t *testing.T) {
			c := w.corner(t)
			products := c.products(4)
			c.put(products...)
			got, err := w.Catalog.GetProducts(t.Context(), &catalogv1.GetProductsRequest{
				Skus:  []string{SKU(products[2]), "no-such-sku", SKU(products[0])},
				Slugs: []string{"no-such-slug", products[3].GetSlug(), products[1].GetSlug()},
			})
			if err != nil {
				t.Fatal(err)
			}
			c.wantNumbers(got.GetProducts(), 3, 1, 4, 2)
		},
		"skus are told apart by case": func(t *testing.T) {
			c := w.corner(t)
			c.put(c.product(1))
			if got := c.get(c.name + "-1"); len(got) != 0 {
				t.Errorf("got %v, want nothing", got)
			}
		},
		"up to 200 in one call": func(t *testing.T) {
			c := w.corner(t)
			c.put(c.products(3)...)
			r := &catalogv1.GetProductsRequest{}
			for i := range 150 {
				r.Skus = append(r.Skus, SKU(c.product(i)))
			}
			for i := range 50 {
				r.Slugs = append(r.Slugs, c.product(i).GetSlug())
			}
			got, err := w.Catalog.GetProducts(t.Context(), r)
			if err != nil || len(got.GetProducts()) != 6 {
				t.Errorf("200 skus and slugs: got %d products and %v, want 6", len(got.GetProducts()), err)
			}
			r.Slugs = append(r.Slugs, "one-more")
			_, err = w.Catalog.GetProducts(t.Context(), r)
			moduletest.WantFields(t, err, "slugs")
			for i := range 51 {
				r.Skus = append(r.Skus, fmt.Sprint(i))
			}
			_, err = w.Catalog.GetProducts(t.Context(), r)
			moduletest.WantFields(t, err, "skus")
			_, err = w.Catalog.GetProducts(t.Context(), &catalogv1.GetProductsRequest{Ids: make([]string, 201)})
			moduletest.WantFields(t, err, "ids")
		},
		"nothing asked is nothing got": func(t *testing.T) {
			got, err := w.Catalog.GetProducts(t.Context(), &catalogv1.GetProductsRequest{})
			if err != nil || len(got.GetProducts()) != 0 {
				t.Errorf("got %v and %v, want nothing", got, err)
			}
		},
		"what is got belongs to the caller": func(t *testing.T) {
			c := w.corner(t)
			want := c.product(1)
			c.put(want)
			got := c.one(SKU(want))
			got.Name, got.Tags[0], got.Pictures[0].Name = "Defaced", "defaced", "defaced"
			c.wantSame(c.one(SKU(want)), want)
		},
	}
}
