package products_test

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/app/products"
	"galleria/modules/catalog/catalogtest"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/contract"
)

func TestWhatOthersChangeWhileAnImportRunsStays(t *testing.T) {
	inEveryShop(t, func(t *testing.T, s shop) {
		s.take(t, strings.NewReader(rows(3)))
		times := 2
		s.catalog.before = func(*catalogv1.UpsertProductsRequest) error {
			if times--; times < 0 {
				return nil
			}
			changed := s.product(t, "MUG-1")
			changed.Name += " by staff"
			_, err := s.catalog.CatalogServiceClient.UpsertProducts(t.Context(), &catalogv1.UpsertProductsRequest{Products: []*catalogv1.Product{changed}})
			if err == nil && times == 1 {
				_, err = s.catalog.DeleteProducts(t.Context(), &catalogv1.DeleteProductsRequest{Ids: []string{s.product(t, "MUG-2").GetId()}})
			}
			return err
		}
		prices := "sku,price,currency\nMUG-0,9,EUR\nMUG-1,9,EUR\nMUG-2,9,EUR\n"
		result := s.take(t, strings.NewReader(prices))
		s.wantResult(t, result, 0, 2, 0, 4) // what was deleted is new, and the file lacks columns for that
		for sku, name := range map[string]string{"MUG-0": "Mug 0", "MUG-1": "Mug 1 by staff by staff"} {
			if p := s.product(t, sku); p.GetName() != name || p.GetVariants()[0].GetPrices()[0].GetAmountMinor() != 900 {
				t.Errorf("got %v, want %s for 9.00", p, name)
			}
		}
		times = 100
		if _, err := products.Import(t.Context(), s.catalog, s.inventory, strings.NewReader(strings.ReplaceAll(prices, ",9,", ",8,")), products.Options{}); status.Code(err) != codes.Aborted || times != 95 {
			t.Errorf("a product that keeps changing: got %v after %d tries, want it given up after 5", err, 100-times)
		}
	})
}

func TestRowsTheCatalogRefusesAreFoundBehindOnesThatFitNoMore(t *testing.T) {
	inEveryShop(t, func(t *testing.T, s shop) {
		s.take(t, strings.NewReader(rows(4)))
		s.catalog.before = func(r *catalogv1.UpsertProductsRequest) error {
			if s.catalog.calls == 2 {
				_, err := s.catalog.DeleteProducts(t.Context(), &catalogv1.DeleteProductsRequest{Ids: []string{s.product(t, "MUG-0").GetId()}})
				return err
			}
			for n, p := range r.GetProducts() {
				if catalogtest.SKU(p) == "MUG-2" {
					return contract.Invalid(contract.Violation{Field: fmt.Sprintf("products[%d].name", n), Message: "is odd"})
				}
			}
			return nil
		}
		result := s.take(t, strings.NewReader("sku,name\nMUG-0,Cup 0\nMUG-1,Cup 1\nMUG-2,Cup 2\nMUG-3,Cup 3\n"))
		s.wantResult(t, result, 0, 2, 0, 2, 4) // what was deleted is new, and the file lacks columns for that
		if bad := result.Bad; len(bad) != 2 || bad[1].Reason != "name: is odd" {
			t.Errorf("bad rows: got %+v, want the last one's name to be odd", bad)
		}
		for sku, want := range map[string]string{"MUG-1": "Cup 1", "MUG-2": "Mug 2", "MUG-3": "Cup 3"} {
			if name := s.product(t, sku).GetName(); name != want {
				t.Errorf("%s: got the name %q, want %q", sku, name, want)
			}
		}
	})
}

func TestARowThatIsApartDoesNotMakeWhatIsDeletedMeanwhile(t *testing.T) {
	inEveryShop(t, func(t *testing.T, s shop) {
		const columns = "product,sku,name,category,price,currency,options\n"
		s.take(t, strings.NewReader(columns+"mug,MUG,Mug,kitchen,9,EUR,Colour=Red\nblue-mug,BLUE,Blue mug,kitchen,9,EUR,\n"))
		s.catalog.before = func(*catalogv1.UpsertProductsRequest) error {
			if s.catalog.calls > 2 {
				return nil
			}
			_, err := s.catalog.DeleteProducts(t.Context(), &catalogv1.DeleteProductsRequest{Ids: []string{s.product(t, "BLUE").GetId()}})
			return err
		}
		file := columns + "mug,MUG,Mug,kitchen,9,EUR,Colour=Red\nmug,BLUE,Mug,kitchen,11,EUR,Colour=Blue\n"
		s.wantResult(t, s.take(t, strings.NewReader(file)), 0, 0, 1, 3)
		s.wantResult(t, s.take(t, strings.NewReader(file)), 1, 1, 0)
		if p := s.product(t, "BLUE"); p.GetSlug() != "mug" || len(p.GetVariants()) != 2 {
			t.Errorf("got %v, want both in mug, once the other product is gone", p)
		}
	})
}

// A product that came into being after the import looked is another one than that of its
// row, which it must not replace with its variants.
func TestAProductThatOthersMakeMeanwhileStays(t *testing.T) {
	inEveryShop(t, func(t *testing.T, s shop) {
		s.take(t, strings.NewReader(rows(1))) // its category
		s.catalog.before = func(*catalogv1.UpsertProductsRequest) error {
			s.catalog.before = nil
			s.shirt(t)
			return nil
		}
		file := "sku,name,category,price,currency,stock\nSHIRT-S,Shirt,clothes,39,EUR,4\nJAR,Jar,clothes,9,EUR,1\n"
		result := s.take(t, strings.NewReader(file))
		s.wantResult(t, result, 1, 0, 0, 2)
		if p := s.product(t, "SHIRT-S"); len(p.GetVariants()) != 2 || p.GetDescription() == "" {
			t.Errorf("got %v, want what was made meanwhile", p)
		}
		s.wantResult(t, s.take(t, strings.NewReader(file)), 0, 1, 1) // now it is known
		if p := s.product(t, "SHIRT-S"); len(p.GetVariants()) != 2 || p.GetVariants()[0].GetPrices()[0].GetAmountMinor() != 3900 {
			t.Errorf("got %v, want its price changed, and both variants", p)
		}
	})
}
