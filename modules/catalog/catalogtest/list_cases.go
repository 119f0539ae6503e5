package catalogtest

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/module/moduletest"
)

type (
	cases   = map[string]func(t *testing.T)
	list    = catalogv1.ListProductsRequest
	product = catalogv1.Product
)

func listCases(w World) cases {
	return cases{
		"newest first": func(t *testing.T) {
			c := w.corner(t)
			c.put(c.product(1), c.product(2))
			c.put(c.product(3))
			c.put(c.product(1, func(p *product) { SetPrice(p, "EUR", 5) })) // a change makes nothing newer
			got := c.list(&list{Category: c.name})
			c.wantNumbers(got.GetProducts(), 3, 2, 1)
			if got.GetTotal() != 3 || got.GetNextPageToken() != "" {
				t.Errorf("got total %d and token %q, want 3 and none", got.GetTotal(), got.GetNextPageToken())
			}
		},
		"by price and by name": func(t *testing.T) {
			c := w.corner(t)
			c.put(
				c.product(1, func(p *product) { SetPrice(p, "EUR", 200); p.Name = "Écru" }),
				c.product(2, func(p *product) { SetPrice(p, "EUR", 100); p.Name = "zinc" }),
				c.product(3, func(p *product) { SetPrice(p, "EUR", 200); p.Name = "Amber" }),
			)
			for sort, want := range map[catalogv1.ListProductsRequest_Sort][]int{
				catalogv1.ListProductsRequest_SORT_PRICE_ASCENDING:  {2, 3, 1}, // of equal ones the newest first
				catalogv1.ListProductsRequest_SORT_PRICE_DESCENDING: {3, 1, 2},
				catalogv1.ListProductsRequest_SORT_NAME:             {3, 1, 2}, // accents and capitals don't matter
			} {
				c.wantNumbers(c.list(&list{Category: c.name, Sort: sort, CurrencyCode: "EUR"}).GetProducts(), want...)
			}
		},
		"inactive products and unknown categories show nothing": func(t *testing.T) {
			c := w.corner(t)
			c.put(c.product(1), c.product(2, func(p *product) { p.Active = false }))
			c.wantNumbers(c.list(&list{Category: c.name}).GetProducts(), 1)
			c.put(c.product(1, func(p *product) { p.Active = false }))
			c.wantNumbers(c.list(&list{Category: c.name}).GetProducts())
			c.wantNumbers(c.list(&list{Category: "no-such-" + c.name}).GetProducts())
		},
		"a product that changes category moves": func(t *testing.T) {
			c := w.corner(t)
			c.put(c.product(1), c.product(2))
			c.put(c.product(1, func(p *product) { p.Category = c.name + "-b" }))
			c.wantNumbers(c.list(&list{Category: c.name}).GetProducts(), 2)
			c.wantNumbers(c.list(&list{Category: c.name + "-b"}).GetProducts(), 1)
		},
		"filters by tags and price": func(t *testing.T) {
			c := w.corner(t)
			products := c.products(4)
			products[1].Tags, products[2].Tags = []string{"oak", "new"}, []string{"new", "oak", "sale"}
			c.put(products...)
			c.wantNumbers(c.list(&list{Category: c.name, Tags: []string{"oak", "new"}}).GetProducts(), 3, 2)
			c.wantNumbers(c.list(&list{Category: c.name, Tags: []string{"oak", "sale"}}).GetProducts(), 3)
			c.wantNumbers(c.list(&list{Category: c.name, MinPriceMinor: 200, MaxPriceMinor: 300, CurrencyCode: "EUR"}).GetProducts(), 3, 2)
			c.wantNumbers(c.list(&list{Category: c.name, MinPriceMinor: 300, CurrencyCode: "EUR"}).GetProducts(), 4, 3)
			c.wantNumbers(c.list(&list{Category: c.name, MinPriceMinor: 300, MaxPriceMinor: 200, CurrencyCode: "EUR"}).GetProducts())
		},
		"searches all words in every field": func(t *testing.T) {
			c := w.corner(t)
			c.put(
				c.product(1, func(p *product) { p.Name = "Crème pot" }),
				c.product(2, func(p *product) { p.Name, p.Description = "Jar", "Holds CREAM or crème." }),
				c.product(3, func(p *product) { p.Name, p.Tags = "Lid", []string{"crème"} }),
				c.product(4, func(p *product) { p.Name, p.Active = "Crème secret", false }),
				c.product(5, func(p *product) { p.Name = "Plain" }),
			)
			// All have the corner's word in category and sku.
			c.wantNumbers(c.list(&list{Query: "creme " + c.name}).GetProducts(), 1, 3, 2)
			c.wantNumbers(c.list(&list{Query: strings.ToUpper(c.name) + " CRÈME cream"}).GetProducts(), 2)
			c.wantNumbers(c.list(&list{Query: strings.ToUpper(c.name) + "-5"}).GetProducts(), 5)
			c.wantNumbers(c.list(&list{Query: c.name + " crème & pot"}).GetProducts(), 1)
			c.wantNumbers(c.list(&list{Query: c.name + " nothing-has-this"}).GetProducts())
			c.wantNumbers(c.list(&list{Query: "  ", Category: c.name}).GetProducts(), 5, 3, 2, 1)
		},
		"a search puts better name matches first": func(t *testing.T) {
			c := w.corner(t)
			c.put(
				c.product(1, func(p *product) { p.Name = "Pen" }),
				c.product(2, func(p *product) { p.Name = "Pencil" }),
				c.product(3, func(p *product) { p.Name = "Suspenders" }),
				c.product(4, func(p *product) { p.Name, p.Description = "Ink", "For every pen." }),
				c.product(5, func(p *product) { p.Name = "Red pen" }),
			)
			q := &list{Query: "pen", Category: c.name}
			c.wantNumbers(c.list(q).GetProducts(), 5, 1, 2, 4)
			c.wantNumbers(c.all(q, 2), 5, 1, 2, 4)
			q.Sort = catalogv1.ListProductsRequest_SORT_NAME
			c.wantNumbers(c.list(q).GetProducts(), 4, 1, 2, 5)
		},
		"pages show everything once, in every order": func(t *testing.T) {
			c := w.corner(t)
			products := c.products(7)
			SetPrice(products[3], "EUR", 300)
			products[5].Name = products[4].Name
			c.put(products...)
			for number, name := range catalogv1.ListProductsRequest_Sort_name {
				q := &list{Category: c.name, Sort: catalogv1.ListProductsRequest_Sort(number), CurrencyCode: "EUR"}
				whole, paged := c.list(q).GetProducts(), c.all(q, 3)
				if got, want := skus(paged), skus(whole); got != want || len(whole) != 7 {
					t.Errorf("%s: pages show %s, want %s", name, got, want)
				}
			}
		},
		"pages stay together while products come, go and change": func(t *testing.T) {
			c := w.corner(t)
			c.put(c.products(6)...)
			first := c.list(&list{Category: c.name, PageSize: 3})
			c.wantNumbers(first.GetProducts(), 6, 5, 4)
			// The one the page ended with goes, one comes, one further on changes.
			c.put(
				c.product(4, func(p *product) { p.Active = false }),
				c.product(7),
				c.product(2, func(p *product) { p.Name = "Renamed" }),
			)
			second := c.list(&list{Category: c.name, PageSize: 3, PageToken: first.GetNextPageToken()})
			c.wantNumbers(second.GetProducts(), 3, 2, 1)
			if second.GetTotal() != 6 {
				t.Errorf("total: got %d, want 6", second.GetTotal())
			}
		},
		"refuses page tokens of other lists": func(t *testing.T) {
			c := w.corner(t)
			c.put(c.products(3)...)
			token := c.list(&list{Category: c.name, PageSize: 1}).GetNextPageToken()
			flipped := []byte(token)
			flipped[len(flipped)/2] ^= 1
			for name, r := range map[string]*list{
				"no token at all":   {Category: c.name, PageToken: "what?"},
				"too short":         {Category: c.name, PageToken: "AAAA"},
				"changed":           {Category: c.name, PageToken: string(flipped)},
				"cut":               {Category: c.name, PageToken: token[:len(token)-4]},
				"another category":  {Category: c.name + "-b", PageToken: token},
				"another sort":      {Category: c.name, PageToken: token, Sort: catalogv1.ListProductsRequest_SORT_NAME},
				"a search":          {Category: c.name, PageToken: token, Query: "thing"},
				"tags":              {Category: c.name, PageToken: token, Tags: []string{"test"}},
				"another low price": {Category: c.name, PageToken: token, MinPriceMinor: 1, CurrencyCode: "EUR"},
				"a high price":      {Category: c.name, PageToken: token, MaxPriceMinor: 1000, CurrencyCode: "EUR"},
			} {
				_, err := w.Catalog.ListProducts(t.Context(), r)
				t.Log(name)
				moduletest.WantReason(t, err, codes.InvalidArgument, catalogv1.Reason_REASON_BAD_PAGE_TOKEN)
			}
			// The size of pages may change on the way.
			c.wantNumbers(c.list(&list{Category: c.name, PageSize: 2, PageToken: token}).GetProducts(), 2, 1)
		},
		"gives 24 unless asked for up to 100": func(t *testing.T) {
			c := w.corner(t)
			c.put(c.products(101)...)
			for size, want := range map[int32]int{0: 24, 1: 1, 100: 100} {
				if got := len(c.list(&list{Category: c.name, PageSize: size}).GetProducts()); got != want {
					t.Errorf("page size %d: got %d products, want %d", size, got, want)
				}
			}
		},
		"names what is wrong with a request": func(t *testing.T) {
			_, err := w.Catalog.ListProducts(t.Context(), &list{
				PageSize: 101, Query: strings.Repeat("x", 1001), MinPriceMinor: -1, MaxPriceMinor: -1, Sort: 99, CurrencyCode: "XXQ",
			})
			moduletest.WantFields(t, err, "page_size", "query", "min_price_minor", "max_price_minor", "sort", "currency_code")
			_, err = w.Catalog.ListProducts(t.Context(), &list{PageSize: -1})
			moduletest.WantFields(t, err, "page_size")
		},
	}
}

// all follows the pages to the end.
func (c *corner) all(r *list, size int32) []*product {
	c.Helper()
	page := &list{
		Category: r.GetCategory(), Query: r.GetQuery(), Tags: r.GetTags(), Sort: r.GetSort(),
		MinPriceMinor: r.GetMinPriceMinor(), MaxPriceMinor: r.GetMaxPriceMinor(), PageSize: size, CurrencyCode: r.GetCurrencyCode(),
	}
	var products []*product
	for range 100 {
		got := c.list(page)
		products = append(products, got.GetProducts()...)
		if page.PageToken = got.GetNextPageToken(); page.PageToken == "" {
			return products
		}
	}
	c.Fatal("a list of less than 100 pages does not end")
	return nil
}

func skus(products []*product) string {
	var all []string
	for _, p := range products {
		all = append(all, SKU(p))
	}
	return strings.Join(all, " ")
}
