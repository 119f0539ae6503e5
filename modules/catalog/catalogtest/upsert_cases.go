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
	"galleria/platform/module/moduletest"
)

func upsertCases(w World) cases {
	return cases{
		"repeating it changes nothing": func(t *testing.T) {
			c := w.corner(t)
			products := c.products(3)
			products[0].Slug = ""
			c.wantDone(c.put(products...), 3, 0, 0)
			before := c.get(SKU(products[0]), SKU(products[1]), SKU(products[2]))
			c.wantDone(c.put(products...), 0, 0, 3)
			products[1].Description = "Changed."
			c.wantDone(c.put(append(products, c.product(4))...), 1, 1, 2)
			c.wantSame(c.one(SKU(products[0])), before[0])
			c.wantNumbers(c.list(&list{Category: c.name}).GetProducts(), 4, 3, 2, 1)
		},
		"what was changed meanwhile is not overwritten": func(t *testing.T) {
			c := w.corner(t)
			c.put(c.product(1))
			before := c.one(SKU(c.product(1)))
			if before.GetVersion() == "" {
				t.Fatal("the product has no version")
			}
			change := func(name, version string) error {
				p := proto.CloneOf(before)
				p.Name = name
				_, err := c.Catalog.UpsertProducts(t.Context(), &catalogv1.UpsertProductsRequest{
					Products: []*product{p}, ExpectedVersions: map[string]string{p.GetId(): version},
				})
				return err
			}
			if err := change("Hers", before.GetVersion()); err != nil {
				t.Fatal(err)
			}
			after := c.one(SKU(before))
			if after.GetVersion() == before.GetVersion() {
				t.Error("a changed product has the version it had")
			}
			err := change("His", before.GetVersion())
			if !contract.Is(err, catalogv1.Reason_REASON_CHANGED_MEANWHILE) || contract.Metadata(err, "id") != before.GetId() {
				t.Errorf("a change of what was changed meanwhile: got %v, want CHANGED_MEANWHILE with the id", err)
			}
			c.wantSame(c.one(SKU(before)), after)
			if err := change("Hers", before.GetVersion()); err != nil {
				t.Errorf("a repeated change: got %v, want nothing to do", err)
			}
			if err := change(before.GetName(), after.GetVersion()); err != nil {
				t.Fatal(err)
			}
			if got := c.one(SKU(before)); !proto.Equal(got, before) {
				t.Errorf("changed back: got %v, want %v", got, before)
			}
			if _, err := c.Catalog.DeleteProducts(t.Context(), &catalogv1.DeleteProductsRequest{Ids: []string{before.GetId()}}); err != nil {
				t.Fatal(err)
			}
			if err := change("His", before.GetVersion()); !contract.Is(err, catalogv1.Reason_REASON_CHANGED_MEANWHILE) {
				t.Errorf("a change of what was deleted meanwhile: got %v, want CHANGED_MEANWHILE", err)
			}
		},
		"nothing to write is written": func(t *testing.T) {
			c := w.corner(t)
			c.wantDone(c.put(), 0, 0, 0)
		},
		"names every bad field, and writes none": func(t *testing.T) {
			c := w.corner(t)
			good := c.product(1)
			err := c.refused(good, &product{
				Id: "X", Slug: "Upper", Name: " ", Description: strings.Repeat("d", 5001), Category: "",
				Tags: []string{"", strings.Repeat("t", 51)}, Pictures: append(Pictures(make([]string, 11)...), &catalogv1.Picture{Name: "a", Alt: strings.Repeat("a", 513)}, &catalogv1.Picture{Name: "a", Alt: "two\nlines"}),
			}, c.product(2, func(p *product) { p.Name = "NUL \x00" }), &product{
				Name: "Variants", Category: c.name,
				Attributes: []*catalogv1.Attribute{{Name: "", Value: "Oak"}}, Pictures: Pictures("blue mug.jpg", "a/mug.jpg", ".mug.jpg", strings.Repeat("a", 129)),
				Options: []*catalogv1.Option{{Name: "Size", Values: []string{"S", "M", "S"}}, {Name: "Size"}},
				Variants: []*catalogv1.Variant{
					{Sku: "with space", OptionValues: []string{"S", "x"}, WeightGrams: -1, TaxClass: "Reduced", Picture: "blue mug.jpg"},
					{Sku: c.name + "-9", OptionValues: []string{"S"}, Prices: []*catalogv1.Price{
						{CurrencyCode: "XYZ", AmountMinor: -1, CompareAtMinor: -1}, {CurrencyCode: "EUR"}, {CurrencyCode: "EUR"}, {CurrencyCode: "KWD", AmountMinor: 1005},
					}},
					{Sku: c.name + "-9", OptionValues: []string{"S"}},
				},
			})
			moduletest.WantFields(t, err, "products[1].id", "products[1].slug", "products[1].name", "products[1].description", "products[1].category",
				"products[1].tags[0]", "products[1].tags[1]", "products[1].pictures",
				"products[1].pictures[0].name", "products[1].pictures[1].name", "products[1].pictures[2].name", "products[1].pictures[3].name",
				"products[1].pictures[4].name", "products[1].pictures[5].name", "products[1].pictures[6].name", "products[1].pictures[7].name",
				"products[1].pictures[8].name", "products[1].pictures[9].name", "products[1].pictures[10].name", "products[1].pictures[11].alt", "products[1].pictures[12].name", "products[1].pictures[12].alt",
				"products[1].variants",
				"products[2].name",
				"products[3].attributes[0].name",
				"products[3].pictures[0].name", "products[3].pictures[1].name", "products[3].pictures[2].name", "products[3].pictures[3].name", "products[3].options[0].values[2]", "products[3].options[1].name", "products[3].options[1].values",
				"products[3].variants[0].sku", "products[3].variants[0].option_values[1]", "products[3].variants[0].weight_grams", "products[3].variants[0].tax_class", "products[3].variants[0].picture",
				"products[3].variants[1].option_values", "products[3].variants[1].prices[0].currency_code", "products[3].variants[1].prices[0].amount_minor",
				"products[3].variants[1].prices[0].compare_at_minor", "products[3].variants[1].prices[2].currency_code", "products[3].variants[1].prices[3].amount_minor",
				"products[3].variants[2].sku", "products[3].variants[2].option_values")
			if got := c.get(SKU(good)); len(got) != 0 {
				t.Errorf("after a refused upsert: got %v, want nothing", got)
			}
		},
		"accepts what the contract just allows": func(t *testing.T) {
			c := w.corner(t)
			p := c.product(1, func(p *product) {
				p.Variants[0].Sku = strings.ToUpper(c.name) + strings.Repeat("a", 64-len(c.name)-4) + ".-_9"
				p.Name, p.Description = strings.Repeat("ü", 200), strings.Repeat("ü", 5000)
				p.Tags, p.Pictures = make([]string, 20), Pictures(make([]string, 10)...)
				for i := range p.Tags {
					p.Tags[i] = strings.Repeat("ß", 49) + string(rune('a'+i))
				}
				for i := range p.Pictures {
					p.Pictures[i].Name, p.Pictures[i].Alt = fmt.Sprint(i)+strings.Repeat("a", 127), strings.Repeat("ü", 512)
				}
			})
			c.put(p)
			c.wantSame(c.one(SKU(p)), p)
		},
		"drops the space around texts, and keeps the lines of a description": func(t *testing.T) {
			c := w.corner(t)
			want := c.product(1, func(p *product) {
				p.Description, p.Tags, p.Pictures = "One.\n\nTwo.", []string{"a b"}, []*catalogv1.Picture{{Name: "a.svg", Alt: "A b"}}
				p.Attributes = []*catalogv1.Attribute{{Name: "Care", Value: "Wash"}}
				p.Options = []*catalogv1.Option{{Name: "Size", Values: []string{"M"}}}
				p.Variants[0].OptionValues = []string{"M"}
			})
			untidy := proto.Clone(want).(*catalogv1.Product)
			untidy.Name, untidy.Description, untidy.Tags[0] = " "+want.GetName()+"\u00a0", "\tOne.\r\n\rTwo. \n", " a b "
			untidy.Pictures[0].Name, untidy.Pictures[0].Alt = "a.svg ", " A b "
			untidy.Attributes[0].Name, untidy.Attributes[0].Value = "Care ", " Wash"
			untidy.Options[0].Name, untidy.Options[0].Values[0], untidy.Variants[0].OptionValues[0] = " Size", "M ", " M"
			c.wantDone(c.put(untidy), 1, 0, 0)
			c.wantSame(c.one(SKU(want)), want)
			c.wantDone(c.put(untidy), 0, 0, 1)
		},
		"refuses a sku that stands in it twice": func(t *testing.T) {
			c := w.corner(t)
			moduletest.WantFields(t, c.refused(c.product(1), c.product(2), c.product(1)), "products[2].variants[0].sku")
		},
		"up to 1,000 in one call": func(t *testing.T) {
			c := w.corner(t)
			products := c.products(1001)
			moduletest.WantFields(t, c.refused(products...), "products")
			c.wantDone(c.put(products[:1000]...), 1000, 0, 0)
		},
		"makes slugs of names": func(t *testing.T) {
			c := w.corner(t)
			for n, test := range []struct{ name, want string }{
				{"Grandma's Crème Brûlée, 2 × Größe L/XL", "grandmas-creme-brulee-2-grosse-l-xl"},
				{"  Øre & Æble  ", "ore-aeble"},
			} {
				p := c.product(n, func(p *product) { p.Name, p.Slug = test.name+" "+c.name, "" })
				c.put(p)
				if got, want := c.one(SKU(p)).GetSlug(), test.want+"-"+c.name; got != want {
					t.Errorf("slug of %q: got %q, want %q", p.GetName(), got, want)
				}
			}
			p := c.product(2, func(p *product) { p.Name, p.Slug = "漢字", "" })
			c.put(p)
			if got, want := c.one(SKU(p)).GetSlug(), c.name+"-2"; got != want {
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
				if got := c.one(SKU(c.product(n))).GetSlug(); got != c.name+want {
					t.Errorf("slug of product %d: got %q, want %q", n, got, c.name+want)
				}
			}
		},
		"a product keeps its slug when its name changes": func(t *testing.T) {
			c := w.corner(t)
			p := c.product(1)
			c.put(p)
			renamed := c.one(SKU(p))
			renamed.Name, renamed.Slug = "Something else", ""
			c.wantDone(c.put(renamed), 0, 1, 0)
			if got := c.one(SKU(p)); got.GetSlug() != p.GetSlug() || got.GetName() != renamed.GetName() {
				t.Errorf("got %v, want slug %q and name %q", got, p.GetSlug(), renamed.GetName())
			}
		},
		"refuses a slug or a sku that another product has": func(t *testing.T) {
			c := w.corner(t)
			c.put(c.product(1), c.product(2))
			two := c.one(SKU(c.product(2)))
			two.Slug = c.product(1).GetSlug()
			err := c.refused(c.product(3), two)
			moduletest.WantReason(t, err, codes.AlreadyExists, catalogv1.Reason_REASON_SLUG_TAKEN)
			if got, want := contract.Metadata(err, "slug"), c.product(1).GetSlug(); got != want {
				t.Errorf("the error's slug: got %q, want %q", got, want)
			}
			err = c.refused(c.product(3), c.product(4, func(p *product) { p.Slug = c.product(3).GetSlug() }))
			moduletest.WantReason(t, err, codes.AlreadyExists, catalogv1.Reason_REASON_SLUG_TAKEN)
			err = c.refused(c.product(3), c.product(2, func(p *product) { p.Variants[0].Sku = SKU(c.product(1)) }))
			moduletest.WantReason(t, err, codes.AlreadyExists, catalogv1.Reason_REASON_SKU_TAKEN)
			if got, want := contract.Metadata(err, "sku"), SKU(c.product(1)); got != want {
				t.Errorf("the error's sku: got %q, want %q", got, want)
			}
			if got := c.get(SKU(c.product(3)), SKU(c.product(4))); len(got) != 0 {
				t.Errorf("after refused upserts: got %v, want nothing", got)
			}
		},
		"finds a product by its id, else its slug, else one of its skus": func(t *testing.T) {
			c := w.corner(t)
			c.put(c.product(1))
			made := c.one(SKU(c.product(1)))
			made.Slug, made.Variants[0].Sku = c.name+"-other", c.name+"-other"
			c.wantDone(c.put(made), 0, 1, 0)
			bySlug := c.product(3, func(p *product) { p.Slug = made.GetSlug() })
			c.wantDone(c.put(bySlug), 0, 1, 0)
			bySKU := c.product(3, func(p *product) { p.Slug = "" })
			c.wantDone(c.put(bySKU), 0, 0, 1)
			if got := c.one(SKU(bySlug)); got.GetId() != made.GetId() {
				t.Errorf("id: got %s, want %s of the first upsert", got.GetId(), made.GetId())
			}
			if got := c.get(SKU(c.product(1)), c.name+"-other"); len(got) != 0 {
				t.Errorf("skus given up: got %v, want nothing", got)
			}
			twice := c.product(3, func(p *product) { p.Slug, p.Variants[0].Sku = made.GetSlug(), c.name+"-new" })
			moduletest.WantFields(t, c.refused(bySKU, twice), "products[1].id")
		},
		"a sku moves to another product in one upsert": func(t *testing.T) {
			c := w.corner(t)
			c.put(c.product(1), c.product(2))
			a, b := c.one(SKU(c.product(1))), c.one(SKU(c.product(2)))
			a.Variants[0].Sku, b.Variants[0].Sku = b.Variants[0].Sku, a.Variants[0].Sku
			c.wantDone(c.put(a, b), 0, 2, 0)
			c.wantSame(c.one(SKU(a)), a)
			c.wantSame(c.one(SKU(b)), b)
		},
		"a product keeps variants, options, prices and facts": func(t *testing.T) {
			c := w.corner(t)
			shirt := c.shirt(1)
			c.wantDone(c.put(shirt), 1, 0, 0)
			c.wantSame(c.one(SKU(shirt)), shirt)
			c.wantDone(c.put(shirt), 0, 0, 1)
			shirt.Variants[1].Prices[0].CompareAtMinor++
			c.wantDone(c.put(shirt), 0, 1, 0)
			c.wantSame(c.one(SKU(shirt)), shirt)
		},
		"a slug it had leads to the product until another has it": func(t *testing.T) {
			c := w.corner(t)
			c.put(c.product(1))
			p := c.one(SKU(c.product(1)))
			for _, slug := range []string{"-b", "-c", "-b", "-d"} {
				p.Slug = c.name + slug
				c.put(p)
			}
			for _, slug := range []string{"-1", "-b", "-c", "-d"} {
				c.wantSlug(c.name+slug, c.name+"-d")
			}
			c.put(c.product(2, func(p *product) { p.Slug, p.Name = "", c.name+" C" })) // its name makes -c
			c.wantSlug(c.name+"-c", c.name+"-d")
			c.wantSlug(c.name+"-c-2", c.name+"-c-2")
			c.put(c.product(3, func(p *product) { p.Slug = c.name + "-c" }))
			c.wantSlug(c.name+"-c", c.name+"-c")
		},
		"a slug given up can be had by another": func(t *testing.T) {
			c := w.corner(t)
			c.put(c.product(1), c.product(2))
			a, b := c.one(SKU(c.product(1))), c.one(SKU(c.product(2)))
			a.Slug, b.Slug = b.Slug, a.Slug // at once
			c.wantDone(c.put(a, b), 0, 2, 0)
			c.wantSame(c.one(SKU(a)), a)
			got, err := w.Catalog.GetProducts(t.Context(), &catalogv1.GetProductsRequest{Slugs: []string{a.GetSlug(), b.GetSlug()}})
			if err != nil {
				t.Fatal(err)
			}
			c.wantNumbers(got.GetProducts(), 1, 2)
			a.Slug += "-new"
			c.put(a)
			third := c.product(3, func(p *product) { p.Slug = c.product(2).GetSlug() })
			c.put(third)
			c.wantSame(c.one(SKU(third)), third)
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
					p := c.product(i, func(p *product) { p.Id, p.Slug = fmt.Sprintf("%s%d", c.name[:25], i), c.name })
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
				moduletest.WantReason(t, err, codes.AlreadyExists, catalogv1.Reason_REASON_SLUG_TAKEN)
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
