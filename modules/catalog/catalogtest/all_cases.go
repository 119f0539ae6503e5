package catalogtest

import (
	"slices"
	"testing"

	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/contract"
	"galleria/platform/module/moduletest"
)

func listAllCases(w World) cases {
	// all are the corner's skus, in the order the pages have them.
	all := func(c *corner, size int32, between func(page int)) (skus []string) {
		c.Helper()
		r := &catalogv1.ListAllProductsRequest{PageSize: size}
		for page := 0; ; page++ {
			got, err := w.Catalog.ListAllProducts(c.Context(), r)
			if err != nil {
				c.Fatal(err)
			}
			if size > 0 && len(got.GetProducts()) > int(size) {
				c.Fatalf("a page of %d: got %d", size, len(got.GetProducts()))
			}
			for _, p := range got.GetProducts() {
				if p.GetCategory() == c.name {
					skus = append(skus, SKU(p))
				}
			}
			if r.PageToken = got.GetNextPageToken(); r.PageToken == "" {
				return skus
			}
			if between != nil {
				between(page)
			}
		}
	}
	return cases{
		"finds by a part of the name or the sku, and by whether it is sold": func(t *testing.T) {
			c := w.corner(t)
			products := c.products(3)
			products[1].Active = false
			c.put(products...)
			on, off := true, false
			for _, row := range []struct {
				query  string
				active *bool
				want   []string
			}{
				{c.name + " THING", nil, []string{SKU(products[0]), SKU(products[1]), SKU(products[2])}},
				{c.name, &on, []string{SKU(products[0]), SKU(products[2])}},
				{c.name, &off, []string{SKU(products[1])}},
				{SKU(products[2]), nil, []string{SKU(products[2])}},
			} {
				var got []string
				r := &catalogv1.ListAllProductsRequest{PageSize: 1, Query: row.query, Active: row.active}
				for {
					page, err := w.Catalog.ListAllProducts(t.Context(), r)
					if err != nil {
						t.Fatal(err)
					}
					for _, p := range page.GetProducts() {
						got = append(got, SKU(p))
					}
					if r.PageToken = page.GetNextPageToken(); r.PageToken == "" {
						break
					}
				}
				if !slices.Equal(got, row.want) {
					t.Errorf("%q: got %v, want %v", row.query, got, row.want)
				}
			}
		},
		"lists inactive products too, oldest first": func(t *testing.T) {
			c := w.corner(t)
			products := c.products(7)
			products[3].Active = false
			var want []string
			for _, p := range products {
				want = append(want, SKU(p))
			}
			c.put(products[:3]...)
			c.put(products[3:]...)
			for _, size := range []int32{0, 1, 3, 200} {
				if got := all(c, size, nil); !slices.Equal(got, want) {
					t.Errorf("pages of %d: got %v, want %v", size, got, want)
				}
			}
			products[0].Name = "Changed " + c.name
			c.put(products[0])
			if got := all(c, 2, nil); !slices.Equal(got, want) {
				t.Errorf("after a change: got %v, want the order of before", got)
			}
		},
		"what comes and goes between pages": func(t *testing.T) {
			c := w.corner(t)
			products := c.products(6)
			c.put(products[:5]...)
			first := c.one(SKU(products[0])).GetId()
			got := all(c, 2, func(page int) {
				if page == 0 {
					if _, err := w.Catalog.DeleteProducts(t.Context(), &catalogv1.DeleteProductsRequest{Ids: []string{first}}); err != nil {
						t.Error(err)
					}
					c.put(products[5])
				}
			})
			for _, p := range products[1:] {
				if n := len(slices.DeleteFunc(slices.Clone(got), func(sku string) bool { return sku != SKU(p) })); n != 1 {
					t.Errorf("%s: it came %d times in %v, want once", SKU(p), n, got)
				}
			}
		},
		"refuses bad tokens and sizes": func(t *testing.T) {
			for _, token := range []string{"x", "AAAAAAAAAAAAAAAA"} {
				_, err := w.Catalog.ListAllProducts(t.Context(), &catalogv1.ListAllProductsRequest{PageToken: token})
				if !contract.Is(err, catalogv1.Reason_REASON_BAD_PAGE_TOKEN) {
					t.Errorf("token %q: got %v, want %v", token, err, catalogv1.Reason_REASON_BAD_PAGE_TOKEN)
				}
			}
			for _, size := range []int32{-1, 201} {
				_, err := w.Catalog.ListAllProducts(t.Context(), &catalogv1.ListAllProductsRequest{PageSize: size})
				moduletest.WantFields(t, err, "page_size")
			}
		},
	}
}
