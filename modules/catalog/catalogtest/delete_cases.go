package catalogtest

import (
	"testing"

	"google.golang.org/grpc/codes"

	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/contract"
	"galleria/platform/module/moduletest"
)

func withdrawCases(w World) cases {
	return cases{
		"withdrawn products are not listed or sold, and can come back": func(t *testing.T) {
			c := w.corner(t)
			c.put(c.product(1), c.product(2))
			one := c.one(SKU(c.product(1)))
			for _, want := range []int32{1, 0} { // repeating it changes nothing
				done, err := w.Catalog.WithdrawProducts(t.Context(), &catalogv1.WithdrawProductsRequest{Ids: []string{one.GetId(), "no-such-id", one.GetId()}})
				if err != nil || done.GetWithdrawn() != want {
					t.Errorf("withdraw: got %v, %v; want %d", done, err, want)
				}
			}
			c.wantNumbers(c.list(&list{Category: c.name}).GetProducts(), 2)
			if got := c.one(SKU(one)); got.GetActive() || got.GetId() != one.GetId() {
				t.Errorf("got %v, want it to be there, inactive", got)
			}
			c.put(one)
			c.wantNumbers(c.list(&list{Category: c.name}).GetProducts(), 2, 1)
		},
		"up to 500 in one call": func(t *testing.T) {
			_, err := w.Catalog.WithdrawProducts(t.Context(), &catalogv1.WithdrawProductsRequest{Ids: make([]string, 501)})
			moduletest.WantFields(t, err, "ids")
		},
	}
}

func deleteCases(w World) cases {
	return cases{
		"deleted products are gone, and their slugs and skus free": func(t *testing.T) {
			c := w.corner(t)
			c.put(c.product(1), c.product(2))
			one := c.one(SKU(c.product(1)))
			one.Slug = c.name + "-later"
			c.put(one)
			for _, want := range []int32{1, 0} {
				done, err := w.Catalog.DeleteProducts(t.Context(), &catalogv1.DeleteProductsRequest{Ids: []string{one.GetId(), "no-such-id"}})
				if err != nil || done.GetDeleted() != want {
					t.Errorf("delete: got %v, %v; want %d", done, err, want)
				}
			}
			got, err := w.Catalog.GetProducts(t.Context(), &catalogv1.GetProductsRequest{
				Skus: []string{SKU(one)}, Slugs: []string{c.product(1).GetSlug(), one.GetSlug()}, Ids: []string{one.GetId()},
			})
			if err != nil || len(got.GetProducts()) != 0 {
				t.Errorf("after deletion: got %v, %v; want nothing", got, err)
			}
			c.wantNumbers(c.list(&list{Query: c.name}).GetProducts(), 2)
			c.wantDone(c.put(c.product(3, func(p *product) { p.Slug, p.Variants[0].Sku = one.GetSlug(), SKU(one) })), 1, 0, 0)
			c.wantNumbers(c.list(&list{Query: c.name}).GetProducts(), 1, 2)
		},
		"what was changed meanwhile is not deleted": func(t *testing.T) {
			c := w.corner(t)
			c.put(c.product(1), c.product(2))
			before, other := c.one(SKU(c.product(1))), c.one(SKU(c.product(2)))
			remove := func() (int32, error) {
				done, err := w.Catalog.DeleteProducts(t.Context(), &catalogv1.DeleteProductsRequest{
					Ids: []string{other.GetId(), before.GetId()}, ExpectedVersions: map[string]string{before.GetId(): before.GetVersion()},
				})
				return done.GetDeleted(), err
			}
			c.put(c.product(1, func(p *product) { p.Name = "Hers" }))
			_, err := remove()
			moduletest.WantReason(t, err, codes.Aborted, catalogv1.Reason_REASON_CHANGED_MEANWHILE)
			if got := contract.Metadata(err, "id"); got != before.GetId() {
				t.Errorf("the error's id: got %q, want %q", got, before.GetId())
			}
			c.wantNumbers(c.list(&list{Category: c.name}).GetProducts(), 2, 1)
			c.put(c.product(1))
			for _, want := range []int32{2, 0} { // a repeat finds nothing, and does nothing
				if got, err := remove(); err != nil || got != want {
					t.Errorf("delete: got %d, %v; want %d", got, err, want)
				}
			}
		},
		"up to 500 in one call": func(t *testing.T) {
			_, err := w.Catalog.DeleteProducts(t.Context(), &catalogv1.DeleteProductsRequest{Ids: make([]string, 501)})
			moduletest.WantFields(t, err, "ids")
		},
	}
}

func deleteCategoryCases(w World) cases {
	return cases{
		"only empty categories are deleted, all or none": func(t *testing.T) {
			c := w.corner(t)
			c.putCategories(&category{Slug: c.name + "-empty", Name: "Empty"})
			c.put(c.product(1, func(p *product) { p.Active = false }))
			remove := func(slugs ...string) (int32, error) {
				done, err := w.Catalog.DeleteCategories(t.Context(), &catalogv1.DeleteCategoriesRequest{Slugs: slugs})
				return done.GetDeleted(), err
			}
			_, err := remove(c.name+"-empty", c.name)
			moduletest.WantReason(t, err, codes.FailedPrecondition, catalogv1.Reason_REASON_CATEGORY_NOT_EMPTY)
			if got := contract.Metadata(err, "category"); got != c.name {
				t.Errorf("the error's category: got %q, want %q", got, c.name)
			}
			c.category(c.name + "-empty")
			for _, want := range []int32{1, 0} {
				if got, err := remove(c.name+"-empty", "no-such-"+c.name); err != nil || got != want {
					t.Errorf("delete: got %d, %v; want %d", got, err, want)
				}
			}
			for _, got := range c.categories() {
				if got.GetSlug() == c.name+"-empty" {
					t.Errorf("after deletion: got %v", got)
				}
			}
			c.putCategories(&category{Slug: c.name + "-empty", Name: "Back"})
			if got := c.category(c.name + "-empty").GetName(); got != "Back" {
				t.Errorf("name of a category made again: got %q, want %q", got, "Back")
			}
		},
		"up to 200 in one call": func(t *testing.T) {
			_, err := w.Catalog.DeleteCategories(t.Context(), &catalogv1.DeleteCategoriesRequest{Slugs: make([]string, 201)})
			moduletest.WantFields(t, err, "slugs")
		},
	}
}
