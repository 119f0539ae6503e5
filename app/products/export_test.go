package products_test

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"

	"galleria/app/products"
	"galleria/modules/catalog/catalogtest"
	catalogv1 "galleria/modules/catalog/v1"
	inventoryv1 "galleria/modules/inventory/v1"
)

func (s shop) put(t *testing.T, all ...*catalogv1.Product) {
	t.Helper()
	if _, err := s.catalog.UpsertProducts(t.Context(), &catalogv1.UpsertProductsRequest{Products: all}); err != nil {
		t.Fatal(err)
	}
}

func (s shop) export(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	if _, err := products.Export(t.Context(), s.catalog, s.inventory, &b); err != nil {
		t.Fatalf("export: %v", err)
	}
	return b.String()
}

// difficult fills the shop with what a file could lose.
func (s shop) difficult(t *testing.T) {
	t.Helper()
	s.shirt(t)
	odd := catalogtest.Product("ODD-1")
	odd.Slug, odd.Name = "a--b-", `"Best" mug; 5" = 1|2, Кружка 漢字`
	odd.Description = "First, \"quoted\";\n\n\tsecond line = |\\| end\\"
	odd.Tags = []string{"a|b", `c\`, "d=e", `\|`, "für Tee"}
	odd.Attributes = []*catalogv1.Attribute{{Name: "a=b", Value: "c=d|e"}, {Name: "Care", Value: `\=`}, {Name: "Care", Value: "-1"}}
	odd.Pictures = []*catalogv1.Picture{{Name: "one.svg"}, {Name: "two.svg", Alt: `One | two = \three\, "four"`}, {Name: "three.svg"}}
	odd.Options = []*catalogv1.Option{{Name: "Größe|=", Values: []string{"XL", "S=1", "M|2"}}, {Name: "Farbe", Values: []string{"rot", "=1+1", "unused"}}}
	odd.Variants = []*catalogv1.Variant{
		{Sku: "ODD-1", OptionValues: []string{"M|2", "rot"}, Active: true, Picture: "one.svg", Prices: []*catalogv1.Price{{CurrencyCode: "USD", AmountMinor: 1}, {CurrencyCode: "JPY", AmountMinor: 1290}, {CurrencyCode: "EUR", AmountMinor: 100, CompareAtMinor: 250}}},
		{Sku: "ODD-2", OptionValues: []string{"S=1", "=1+1"}, Active: false, Picture: "other.svg", TaxClass: "reduced", Prices: []*catalogv1.Price{{CurrencyCode: "BHD", AmountMinor: 1230}}},
		{Sku: "ODD-3", OptionValues: []string{"XL", "rot"}, Active: true},
	}
	withdrawn, none := catalogtest.Product("GONE"), catalogtest.Product("NONE")
	none.Active, none.Variants[0].Active = true, false
	s.put(t, odd, withdrawn, none)
	if _, err := s.catalog.WithdrawProducts(t.Context(), &catalogv1.WithdrawProductsRequest{Ids: []string{s.product(t, "GONE").GetId()}}); err != nil {
		t.Fatal(err)
	}
	_, err := s.catalog.UpsertCategories(t.Context(), &catalogv1.UpsertCategoriesRequest{Categories: []*catalogv1.Category{
		{Slug: odd.GetCategory(), Name: "Всё; \"подряд\"", Position: 3}, {Slug: "clothes", Name: "clothes"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.inventory.SetLevels(t.Context(), &inventoryv1.SetLevelsRequest{Levels: []*inventoryv1.SetLevelsRequest_Count{
		{Sku: "ODD-1", OnHand: 7}, {Sku: "ODD-1", Location: "Berlin", OnHand: 3}, {Sku: "ODD-2", Location: "aachen", OnHand: 0}, {Sku: "GONE", OnHand: 0},
	}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.inventory.Allocate(t.Context(), &inventoryv1.AllocateRequest{OrderId: "o", Lines: []*inventoryv1.Line{{Sku: "ODD-1", Quantity: 2}}})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAnExportImportedIntoAnEmptyShopIsExportedAlike(t *testing.T) {
	var file string
	var all []*catalogv1.Product
	skus := []string{"SHIRT-S", "ODD-1", "GONE", "NONE"}
	inEveryShop(t, func(t *testing.T, s shop) {
		s.difficult(t)
		file = s.export(t)
		all = nil
		for _, sku := range skus {
			all = append(all, s.product(t, sku))
		}
	})
	inEveryShop(t, func(t *testing.T, s shop) {
		s.wantResult(t, s.take(t, strings.NewReader(file)), 7, 0, 0)
		if again := s.export(t); again != file {
			t.Errorf("got\n%s\nwant\n%s", again, file)
		}
		for i, sku := range skus {
			p := s.product(t, sku)
			p.Id, p.CreatedAt = all[i].GetId(), all[i].GetCreatedAt()
			for _, v := range slices.Concat(p.GetVariants(), all[i].GetVariants()) {
				slices.SortFunc(v.Prices, func(a, b *catalogv1.Price) int { return strings.Compare(a.GetCurrencyCode(), b.GetCurrencyCode()) })
			}
			wantProduct(t, p, all[i])
		}
		s.wantResult(t, s.take(t, strings.NewReader(file)), 0, 0, 7)
	})
}

func TestAnExportImportedIntoItsOwnShopChangesNothing(t *testing.T) {
	inEveryShop(t, func(t *testing.T, s shop) {
		s.difficult(t)
		file := s.export(t)
		s.catalog.before = func(r *catalogv1.UpsertProductsRequest) error {
			return fmt.Errorf("%d products were written, want none", len(r.GetProducts()))
		}
		for _, stock := range []products.Stock{products.StockNew, products.StockSet, products.StockIgnore} {
			s.wantResult(t, s.takeWith(t, strings.NewReader(file), products.Options{Stock: stock}), 0, 0, 7)
		}
		if again := s.export(t); again != file {
			t.Errorf("after the imports: got\n%s\nwant\n%s", again, file)
		}
	})
}

func TestAnExportOfAnEmptyShopIsAProductFile(t *testing.T) {
	inEveryShop(t, func(t *testing.T, s shop) {
		file := s.export(t)
		s.wantResult(t, s.take(t, strings.NewReader(file)), 0, 0, 0)
		if strings.Count(file, "\n") != 1 {
			t.Errorf("got %q, want a header line alone", file)
		}
	})
}

func TestAnExportAsksPageByPage(t *testing.T) {
	inEveryShop(t, func(t *testing.T, s shop) {
		s.take(t, strings.NewReader(rows(650)))
		counting := &walked{CatalogServiceClient: s.catalog}
		done, err := products.Export(t.Context(), counting, s.inventory, io.Discard)
		if err != nil || done != (products.Exported{Products: 650, Variants: 650}) {
			t.Fatalf("got %+v, %v; want 650 of each", done, err)
		}
		if counting.pages != 14 || counting.most != 100 {
			t.Errorf("got %d pages of up to %d, want twice 7 of up to 100", counting.pages, counting.most)
		}
	})
}

func TestACurrencyThatComesDuringAnExportIsNotLeftOut(t *testing.T) {
	inEveryShop(t, func(t *testing.T, s shop) {
		s.take(t, strings.NewReader(rows(3)))
		late := &walked{CatalogServiceClient: s.catalog, before: func(page int) {
			if page == 2 {
				s.take(t, strings.NewReader("sku,name,category,price,currency,stock\nLATE,Late,new,1,CHF,1\n"))
			}
		}}
		_, err := products.Export(t.Context(), late, s.inventory, io.Discard)
		if err == nil || !strings.Contains(err.Error(), "LATE got a price in CHF") {
			t.Errorf("got %v, want an error that names LATE and CHF", err)
		}
	})
}

// walked counts the pages of an export.
type walked struct {
	catalogv1.CatalogServiceClient
	pages, most int
	before      func(page int)
}

func (w *walked) ListAllProducts(ctx context.Context, r *catalogv1.ListAllProductsRequest, o ...grpc.CallOption) (*catalogv1.ListAllProductsResponse, error) {
	w.pages++
	if w.before != nil {
		w.before(w.pages)
	}
	answer, err := w.CatalogServiceClient.ListAllProducts(ctx, r, o...)
	w.most = max(w.most, len(answer.GetProducts()))
	return answer, err
}

func TestColumnsOfCurrenciesAndLocations(t *testing.T) {
	inEveryShop(t, func(t *testing.T, s shop) {
		file := "sku,name,category,Price in EUR,compare_at in eur,PRICE IN JPY,stock,stock at Berlin,attributes,price in XXQ\n" +
			"MUG,Mug,kitchen,12.90,15,1290,,4,Material=Clay|Care=Wash,x\nJAR,Jar,kitchen,,,,2,,,\nBAD,Bad,kitchen,1,,12.5,1,-1,Clay,\n"
		result := s.take(t, strings.NewReader(file))
		s.wantResult(t, result, 2, 0, 0, 4)
		if want := `price in JPY: "12.5" is not an amount in JPY such as 1290; stock at Berlin: -1 is below zero; attributes: "Clay" is not a name and its value, such as Size=M`; result.Bad[0].Reason != want {
			t.Errorf("reason: got %q, want %q", result.Bad[0].Reason, want)
		}
		got := s.product(t, "MUG")
		if prices := fmt.Sprint(got.GetVariants()[0].GetPrices()); len(got.GetVariants()[0].GetPrices()) != 2 || !strings.Contains(prices, "1500") || len(got.GetAttributes()) != 2 {
			t.Errorf("got %v, want both prices, one compared, and two attributes", got)
		}
		levels, err := s.inventory.GetLevels(t.Context(), &inventoryv1.GetLevelsRequest{Skus: []string{"MUG"}})
		if err != nil || len(levels.GetLevels()) != 1 || levels.GetLevels()[0].GetLocation() != "Berlin" || levels.GetLevels()[0].GetOnHand() != 4 {
			t.Errorf("stock: got %v, %v; want 4 in Berlin and nothing said of main", levels, err)
		}
		cleared := "sku,name,category,price in EUR,compare_at in EUR,price in JPY,stock,attributes\nMUG,Mug,kitchen,12.90,,,,\n"
		s.wantResult(t, s.take(t, strings.NewReader(cleared)), 0, 1, 0)
		got = s.product(t, "MUG")
		if len(got.GetAttributes()) > 0 || len(got.GetVariants()[0].GetPrices()) != 1 || got.GetVariants()[0].GetPrices()[0].GetCompareAtMinor() != 0 {
			t.Errorf("empty cells: got %v, want one price, not compared, and no attributes", got)
		}
	})
}

func TestHeaderLinesThatDoNotFit(t *testing.T) {
	for header, want := range map[string]string{
		"sku,name,category,stock,compare_at in EUR\n":          "has the column compare_at in EUR and lacks price in EUR",
		"sku,name,category,stock,price in EUR,price\n":         "has one of the columns price and currency",
		"sku,name,category,stock,price in EUR,Price in eur\n":  "the column price in EUR twice",
		"sku,name,category,stock,stock at main,price in EUR\n": "the column stock twice",
	} {
		if _, _, err := read(strings.NewReader(header)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", header, err, want)
		}
	}
}
