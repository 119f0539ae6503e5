package catalogtest

import (
	"fmt"
	"testing"

	"google.golang.org/protobuf/proto"

	catalogv1 "galleria/modules/catalog/v1"
)

func earlierCases(w World) cases {
	return cases{
		"what a product said before stays kept when another one takes a former address of it": func(t *testing.T) {
			c := w.corner(t)
			mug := c.product(1, func(p *product) { p.Slug = c.name + "-mug" })
			c.put(mug)
			before := c.one(SKU(mug))
			moved := proto.CloneOf(before)
			moved.Slug = c.name + "-cup"
			c.put(moved)
			c.put(c.product(2, func(p *product) { p.Slug = c.name + "-mug" }))
			now := c.one(SKU(mug))
			got, err := w.Catalog.GetEarlierProduct(t.Context(), &catalogv1.GetEarlierProductRequest{Id: now.GetId(), Version: now.GetVersion()})
			if err != nil || got.GetProduct().GetSlug() != before.GetSlug() {
				t.Errorf("got %v, %v, want what it said at its first address", got.GetProduct(), err)
			}
		},
		"the last changes of a product can be taken back, one after the other": func(t *testing.T) {
			c := w.corner(t)
			rich := c.product(1, func(p *product) {
				p.Description, p.Tags, p.Pictures = "Ölig, \"fett\".\nZwei.", []string{"a", "ü"}, []*catalogv1.Picture{{Name: "a.svg", Alt: "An a"}, {Name: "b.svg"}}
				p.Attributes = []*catalogv1.Attribute{{Name: "Care", Value: "Wash"}}
				p.Options = []*catalogv1.Option{{Name: "Size", Values: []string{"M", "S"}}}
				p.Variants[0].OptionValues, p.Variants[0].WeightGrams, p.Variants[0].TaxClass, p.Variants[0].Picture = []string{"M"}, 300, "books", "b.svg"
				p.Variants[0].Prices = []*catalogv1.Price{{CurrencyCode: "EUR", AmountMinor: 1, CompareAtMinor: 2}, {CurrencyCode: "JPY", AmountMinor: 3}}
			})
			c.put(rich)
			sku := SKU(rich)
			said := []*product{c.one(sku)}
			earlier := func(of *product) *product {
				t.Helper()
				got, err := w.Catalog.GetEarlierProduct(t.Context(), &catalogv1.GetEarlierProductRequest{Id: of.GetId(), Version: of.GetVersion()})
				if err != nil {
					t.Fatal(err)
				}
				return got.GetProduct()
			}
			if got := earlier(said[0]); got != nil {
				t.Errorf("before a product was made: got %v, want nothing", got)
			}
			for n := range 12 {
				p := proto.CloneOf(said[0])
				p.Slug, p.Description, p.Active, p.Variants[0].Prices = fmt.Sprint(c.name, "-at-", n), fmt.Sprint("Changed ", n), n%2 == 0, nil
				c.put(p)
				c.put(p) // a repeat is no change
				said = append(said, c.one(sku))
			}
			last := len(said) - 1
			for back := range 10 {
				got, want := earlier(c.one(sku)), proto.CloneOf(said[last-1-back])
				want.CreatedAt = nil
				if !proto.Equal(got, want) {
					t.Fatalf("%d changes back: got\n%v\nwant\n%v", back+1, got, want)
				}
				c.put(got)
			}
			if got := earlier(c.one(sku)); got != nil {
				t.Errorf("eleven changes back: got %v, want nothing", got)
			}
			first := proto.CloneOf(said[0])
			c.put(first)
			c.put(said[1])
			got, want := earlier(said[1]), proto.CloneOf(said[0])
			if want.CreatedAt = nil; !proto.Equal(got, want) {
				t.Errorf("what a rich product said: got\n%v\nwant\n%v", got, want)
			}
			many := c.products(101)
			c.put(many...)
			for _, p := range many {
				p.Description = "Imported."
			}
			c.put(many...)
			if got := earlier(c.one(SKU(many[0]))); got != nil {
				t.Errorf("before an import: got %v, want nothing", got)
			}
			if _, err := w.Catalog.DeleteProducts(t.Context(), &catalogv1.DeleteProductsRequest{Ids: []string{said[1].GetId()}}); err != nil {
				t.Fatal(err)
			}
			if got := earlier(said[1]); got != nil {
				t.Errorf("of a product that was deleted: got %v, want nothing", got)
			}
		},
	}
}
