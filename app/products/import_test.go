package products_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/app/demo"
	"galleria/app/products"
	"galleria/modules/catalog/catalogtest"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/modules/inventory/inventorytest"
	inventoryv1 "galleria/modules/inventory/v1"
	"galleria/platform/certs"
	"galleria/platform/contract"
	"galleria/platform/module/moduletest"
	"galleria/platform/route"
)

// shop is the modules an import writes to, as the tests see them.
type shop struct {
	catalog   *catalog
	inventory inventoryv1.InventoryServiceClient
	shelves   *inventorytest.Fake
}

// inEveryShop runs a test over modules in this process and behind a gRPC
// connection.
func inEveryShop(t *testing.T, test func(t *testing.T, s shop)) {
	for _, mode := range []route.Mode{route.ModeLocal, route.ModeLoopback} {
		t.Run(string(mode), func(t *testing.T) {
			shelves := inventorytest.NewFake(t)
			world := moduletest.World{catalogtest.Definition(), shelves.Definition()}
			moduletest.Local(t, world, mode, func(t *testing.T, connect moduletest.Connect) {
				test(t, shop{
					catalog:   &catalog{CatalogServiceClient: catalogv1.NewCatalogServiceClient(connect(moduletest.As(certs.Operator, "catalog")))},
					inventory: inventoryv1.NewInventoryServiceClient(connect(moduletest.As(certs.Operator, "inventory"))),
					shelves:   shelves,
				})
			})
		})
	}
}

// catalog is a catalog whose upserts a test may refuse or look at.
type catalog struct {
	catalogv1.CatalogServiceClient
	before func(*catalogv1.UpsertProductsRequest) error
	calls  int
}

func (c *catalog) UpsertProducts(ctx context.Context, r *catalogv1.UpsertProductsRequest, o ...grpc.CallOption) (*catalogv1.UpsertProductsResponse, error) {
	c.calls++
	if c.before != nil {
		if err := c.before(r); err != nil {
			return nil, err
		}
	}
	return c.CatalogServiceClient.UpsertProducts(ctx, r, o...)
}

func (s shop) take(t *testing.T, file io.Reader) products.Result {
	t.Helper()
	return s.takeWith(t, file, products.Options{})
}

func (s shop) takeWith(t *testing.T, file io.Reader, o products.Options) products.Result {
	t.Helper()
	result, err := products.Import(t.Context(), s.catalog, s.inventory, file, o)
	if err != nil {
		t.Fatalf("import: %v", err)
	}
	return result
}

func (s shop) wantResult(t *testing.T, got products.Result, created, updated, unchanged int, badLines ...int) {
	t.Helper()
	lines := []int{}
	for _, b := range got.Bad {
		lines = append(lines, b.Line)
	}
	if got.Created != created || got.Updated != updated || got.Unchanged != unchanged ||
		got.Imported != created+updated+unchanged || !slices.Equal(lines, append([]int{}, badLines...)) {
		t.Errorf("result: got %+v, want %d created, %d updated, %d unchanged, bad lines %v", got, created, updated, unchanged, badLines)
	}
}

func (s shop) product(t *testing.T, sku string) *catalogv1.Product {
	t.Helper()
	got, err := s.catalog.GetProducts(t.Context(), &catalogv1.GetProductsRequest{Skus: []string{sku}})
	if err != nil || len(got.GetProducts()) != 1 {
		t.Fatalf("product %s: got %v, %v", sku, got, err)
	}
	return got.GetProducts()[0]
}

func (s shop) wantStock(t *testing.T, sku string, want int64) {
	t.Helper()
	got, err := s.inventory.GetLevels(t.Context(), &inventoryv1.GetLevelsRequest{Skus: []string{sku}})
	if err != nil {
		t.Fatal(err)
	}
	if on := got.GetLevels(); want >= 0 && (len(on) != 1 || on[0].GetAvailable() != want) || want < 0 && len(on) != 0 {
		t.Errorf("stock of %s: got %v, want %d", sku, on, want)
	}
}

// rows is a file of n mugs.
func rows(n int) string {
	var b strings.Builder
	b.WriteString(header)
	for i := range n {
		fmt.Fprintf(&b, "MUG-%d,Mug %d,,kitchen,blue,12.90,EUR,%d,mug.svg\n", i, i, i)
	}
	return b.String()
}

func TestImportWritesProductsAndStock(t *testing.T) {
	inEveryShop(t, func(t *testing.T, s shop) {
		file := header + "MUG,Mug,For tea.,Home & Décor,blue|stoneware,12.90,EUR,7,mug.svg\nJAR,Jar,,kitchen,,1290,JPY,0,\n"
		s.wantResult(t, s.take(t, strings.NewReader(file)), 2, 0, 0)
		got := s.product(t, "MUG")
		if got.GetName() != "Mug" || got.GetDescription() != "For tea." || got.GetCategory() != "home-and-decor" || got.GetVariants()[0].GetPrices()[0].GetAmountMinor() != 1290 ||
			got.GetVariants()[0].GetPrices()[0].GetCurrencyCode() != "EUR" || !got.GetActive() || !slices.Equal(got.GetTags(), []string{"blue", "stoneware"}) || !pictured(got, "mug.svg") {
			t.Errorf("product: got %v, want what the file says", got)
		}
		s.wantStock(t, "MUG", 7)
		s.wantStock(t, "JAR", 0)
		listed, err := s.catalog.ListCategories(t.Context(), &catalogv1.ListCategoriesRequest{})
		if err != nil {
			t.Fatal(err)
		}
		names := map[string]string{}
		for _, c := range listed.GetCategories() {
			names[c.GetSlug()] = c.GetName()
		}
		if names["home-and-decor"] != "Home & Décor" || names["kitchen"] == "" {
			t.Errorf("categories: got %v, want the file's names", names)
		}
	})
}

func TestImportingAgainChangesNothing(t *testing.T) {
	inEveryShop(t, func(t *testing.T, s shop) {
		file := rows(600)
		s.wantResult(t, s.take(t, strings.NewReader(file)), 600, 0, 0)
		_, err := s.inventory.Allocate(t.Context(), &inventoryv1.AllocateRequest{OrderId: "o", Lines: []*inventoryv1.Line{{Sku: "MUG-9", Quantity: 4}}})
		if err != nil {
			t.Fatal(err)
		}
		s.wantStock(t, "MUG-9", 5)
		s.wantResult(t, s.take(t, strings.NewReader(file)), 0, 0, 600)
		s.wantStock(t, "MUG-9", 5)
		s.wantResult(t, s.take(t, strings.NewReader(strings.Replace(file, "Mug 7,", "Cup 7,", 1))), 0, 1, 599)
	})
}

// busyShelves has more allocated just before levels are set, once.
type busyShelves struct {
	inventoryv1.InventoryServiceClient
	sold sync.Once
}

func (b *busyShelves) SetLevels(ctx context.Context, r *inventoryv1.SetLevelsRequest, o ...grpc.CallOption) (answer *inventoryv1.SetLevelsResponse, err error) {
	b.sold.Do(func() {
		_, err = b.Allocate(ctx, &inventoryv1.AllocateRequest{OrderId: "o2", Lines: []*inventoryv1.Line{{Sku: "MUG-9", Quantity: 1}}})
	})
	if err != nil {
		return nil, err
	}
	return b.InventoryServiceClient.SetLevels(ctx, r, o...)
}

func TestACountThatIsRaisedTwiceIsSaidOnce(t *testing.T) {
	inEveryShop(t, func(t *testing.T, s shop) {
		s.wantResult(t, s.take(t, strings.NewReader(rows(10))), 10, 0, 0)
		_, err := s.inventory.Allocate(t.Context(), &inventoryv1.AllocateRequest{OrderId: "o", Lines: []*inventoryv1.Line{{Sku: "MUG-9", Quantity: 5}}})
		if err != nil {
			t.Fatal(err)
		}
		s.inventory = &busyShelves{InventoryServiceClient: s.inventory}
		result := s.takeWith(t, strings.NewReader(strings.Replace(rows(10), "12.90,EUR,9,", "12.90,EUR,3,", 1)), products.Options{Stock: products.StockSet})
		s.wantNotices(t, result, "line 11: MUG-9: 3 counted, and 6 are allocated to orders: taken for 6, none of which can be sold")
	})
}

func TestACountBelowWhatOrdersWaitForLeavesNoneToSell(t *testing.T) {
	inEveryShop(t, func(t *testing.T, s shop) {
		s.wantResult(t, s.take(t, strings.NewReader(rows(10))), 10, 0, 0)
		_, err := s.inventory.Allocate(t.Context(), &inventoryv1.AllocateRequest{OrderId: "o", Lines: []*inventoryv1.Line{{Sku: "MUG-9", Quantity: 9}, {Sku: "MUG-8", Quantity: 8}}})
		if err != nil {
			t.Fatal(err)
		}
		fewer := strings.NewReplacer("12.90,EUR,9,", "12.90,EUR,1,", "12.90,EUR,8,", "12.90,EUR,2,", "12.90,EUR,7,", "12.90,EUR,3,").Replace(rows(10))
		for _, dry := range []bool{true, false} {
			result := s.takeWith(t, strings.NewReader(fewer), products.Options{Stock: products.StockSet, DryRun: dry})
			s.wantResult(t, result, 0, 1, 9)
			s.wantNotices(t, result,
				"line 10: MUG-8: 2 counted, and 8 are allocated to orders: taken for 8, none of which can be sold",
				"line 11: MUG-9: 1 counted, and 9 are allocated to orders: taken for 9, none of which can be sold")
		}
		s.wantStock(t, "MUG-9", 0)
		s.wantStock(t, "MUG-8", 0)
		s.wantStock(t, "MUG-7", 3)
	})
}

func TestCategoriesKeepTheNamesTheOwnerGaveThem(t *testing.T) {
	inEveryShop(t, func(t *testing.T, s shop) {
		_, err := s.catalog.UpsertCategories(t.Context(), &catalogv1.UpsertCategoriesRequest{Categories: []*catalogv1.Category{{Slug: "home-and-decor", Name: "Living", Intro: "Sit down.", Position: 1}}})
		if err != nil {
			t.Fatal(err)
		}
		s.take(t, strings.NewReader(header+"MUG,Mug,,Home & Décor,,1,EUR,1,\n"))
		listed, err := s.catalog.ListCategories(t.Context(), &catalogv1.ListCategoriesRequest{})
		if err != nil || len(listed.GetCategories()) != 1 || listed.GetCategories()[0].GetName() != "Living" {
			t.Errorf("categories: got %v, %v; want Living alone", listed, err)
		}
	})
}

func TestRowsTheCatalogRefusesAreFoundAndTheOthersImported(t *testing.T) {
	inEveryShop(t, func(t *testing.T, s shop) {
		// The catalog itself refuses control characters and names them.
		file := strings.NewReplacer("Mug 3,", "Mug \x01,", "Mug 270,", "Mug \x02,").Replace(rows(600))
		result := s.take(t, strings.NewReader(file))
		s.wantResult(t, result, 598, 0, 0, 5, 272)
		if b := result.Bad[0]; b.SKU != "MUG-3" || !strings.HasPrefix(b.Reason, "name: ") {
			t.Errorf("bad row: got %+v, want MUG-3 and a reason about its name", b)
		}
		s.wantStock(t, "MUG-2", 2)
		s.wantStock(t, "MUG-3", -1)
	})
}

func TestRowsNobodyNamesAreFoundByHalving(t *testing.T) {
	inEveryShop(t, func(t *testing.T, s shop) {
		s.catalog.before = func(r *catalogv1.UpsertProductsRequest) error {
			for _, p := range r.GetProducts() {
				if sku := catalogtest.SKU(p); sku == "MUG-3" || sku == "MUG-100" {
					return contract.Error(codes.AlreadyExists, catalogv1.Reason_REASON_SLUG_TAKEN, "another product has the address")
				}
			}
			return nil
		}
		result := s.take(t, strings.NewReader(rows(250)))
		s.wantResult(t, result, 248, 0, 0, 5, 102)
		if result.Bad[0].Reason != "another product has the address" {
			t.Errorf("reason: got %q, want the catalog's", result.Bad[0].Reason)
		}
		if s.catalog.calls > 36 {
			t.Errorf("got %d calls for two bad rows of 250, want about 2·2·log2(250)", s.catalog.calls)
		}
	})
}

func TestStockThatIsRefusedIsReported(t *testing.T) {
	inEveryShop(t, func(t *testing.T, s shop) {
		refused := true
		s.shelves.Before("SetLevels", func(context.Context) error {
			if refused {
				refused = false
				return contract.Invalid(contract.Violation{Field: "levels[1].on_hand", Message: "is odd"})
			}
			return nil
		})
		result := s.take(t, strings.NewReader(rows(3)))
		if len(result.Bad) != 1 || result.Bad[0].Error() != "line 3: stock: is odd" {
			t.Errorf("bad rows: got %v, want line 3: stock: is odd", result.Bad)
		}
		s.wantStock(t, "MUG-0", 0)
		s.wantStock(t, "MUG-1", -1)
		s.wantStock(t, "MUG-2", 2)
	})
}

func TestBadRowsOfTheFileAndOfTheCatalogAreListedByLine(t *testing.T) {
	inEveryShop(t, func(t *testing.T, s shop) {
		file := header + "A,Mug,,kitchen,,1,EUR,1,\nB,Mu\x01g,,kitchen,,1,EUR,1,\nC,Mug,,kitchen,,x,EUR,1,\nD,M\x01ug,,kitchen,,1,EUR,1,\n"
		s.wantResult(t, s.take(t, strings.NewReader(file)), 1, 0, 0, 3, 4, 5)
	})
}

func TestAModuleThatIsAwayEndsTheImportWhichCanBeRepeated(t *testing.T) {
	inEveryShop(t, func(t *testing.T, s shop) {
		s.catalog.before = func(*catalogv1.UpsertProductsRequest) error {
			if s.catalog.calls == 2 {
				return status.Error(codes.Unavailable, "the catalog is away")
			}
			return nil
		}
		result, err := products.Import(t.Context(), s.catalog, s.inventory, strings.NewReader(rows(2400)), products.Options{})
		if status.Code(err) != codes.Unavailable || !strings.Contains(err.Error(), "import lines 1002 to 2001") {
			t.Errorf("got error %v, want the catalog's, with the lines", err)
		}
		s.wantResult(t, result, 1000, 0, 0)
		s.wantResult(t, s.take(t, strings.NewReader(rows(2400))), 1400, 0, 1000)
	})
}

func TestImportStopsBetweenBatchesWhenCancelled(t *testing.T) {
	inEveryShop(t, func(t *testing.T, s shop) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		result, err := products.Import(ctx, s.catalog, s.inventory, strings.NewReader(rows(5000)), products.Options{
			Progress: func(int64, int64) { cancel() },
		})
		// The products of two batches more may be at work or done.
		if !errors.Is(err, context.Canceled) || s.catalog.calls > 3 {
			t.Errorf("got error %v after %d calls, want %v after at most 3", err, s.catalog.calls, context.Canceled)
		}
		s.wantResult(t, result, 1000, 0, 0)
		again := s.take(t, strings.NewReader(rows(5000)))
		if again.Imported != 5000 || again.Created > 4000 {
			t.Errorf("the same file again: got %d imported and %d created, want all, and the first ones as they were", again.Imported, again.Created)
		}
		s.wantStock(t, "MUG-4999", 4999)
	})
}

func TestProgressGoesUpToTheSizeOfTheFile(t *testing.T) {
	inEveryShop(t, func(t *testing.T, s shop) {
		file := rows(2400)
		var seen []int64
		_, err := products.Import(t.Context(), s.catalog, s.inventory, strings.NewReader(file), products.Options{
			Size: int64(len(file)),
			Progress: func(done, total int64) {
				if total != int64(len(file)) {
					t.Errorf("total: got %d, want %d", total, len(file))
				}
				seen = append(seen, done)
			},
		})
		if err != nil || len(seen) != 3 || !slices.IsSorted(seen) || seen[2] != int64(len(file)) {
			t.Errorf("progress: got %v, %v; want three steps up to %d", seen, err, len(file))
		}
	})
}

func TestAFileThatBreaksIsImportedUpToThere(t *testing.T) {
	inEveryShop(t, func(t *testing.T, s shop) {
		broken := io.MultiReader(strings.NewReader(rows(3)), failing{})
		result, err := products.Import(t.Context(), s.catalog, s.inventory, broken, products.Options{})
		if err == nil || !strings.Contains(err.Error(), "the disk is gone") {
			t.Errorf("got error %v, want the reader's", err)
		}
		s.wantResult(t, result, 3, 0, 0)
	})
}

func TestTheDemoCatalogueIsImportedWhole(t *testing.T) {
	inEveryShop(t, func(t *testing.T, s shop) {
		if result := s.take(t, demo.CSV()); len(result.Bad) > 0 || result.Created == 0 {
			t.Errorf("got %+v, want products and no bad row", result)
		}
	})
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("the disk is gone") }

func TestTheCountsAddUpToAFileWithAQuoteThatIsNotClosed(t *testing.T) {
	inEveryShop(t, func(t *testing.T, s shop) {
		for name, closed := range map[string]bool{"to the end": false, "until another quote": true} {
			var file strings.Builder
			file.WriteString(header)
			for n := range 1000 {
				cell := "Mug"
				if n == 9 || closed && n == 19 {
					cell = `"Mug`
				}
				fmt.Fprintf(&file, "SKU-%d,%s,,kitchen,,1,EUR,1,\n", n, cell)
			}
			result := s.take(t, strings.NewReader(file.String()))
			want, swallowed := 9, 990
			if closed { // at the second quote the row is broken, and reading goes on behind it
				want, swallowed = 1000-11, 10
			}
			if result.Imported != want || len(result.Bad) != 1 || result.Bad[0].Line != 11 || result.Bad[0].Swallowed != swallowed || result.Imported+result.LeftOut() != 1000 {
				t.Errorf("%s: got %d imported and %+v; want %d, and line 11 with the %d behind it", name, result.Imported, result.Bad, want, swallowed)
			}
		}
	})
}

func TestAFileMayHaveAFewColumnsOfProductsThatAreKnown(t *testing.T) {
	inEveryShop(t, func(t *testing.T, s shop) {
		s.take(t, strings.NewReader(header+"MUG,Mug,For tea.,kitchen,blue,12.90,EUR,7,mug.svg\n"))
		before := s.product(t, "MUG")
		s.wantResult(t, s.take(t, strings.NewReader("sku,price,currency\nMUG,14.50,EUR\n")), 0, 1, 0)
		after := s.product(t, "MUG")
		if after.GetVariants()[0].GetPrices()[0].GetAmountMinor() != 1450 {
			t.Errorf("prices alone: got %v, want 14.50", after.GetVariants()[0].GetPrices())
		}
		if after.GetName() != "Mug" || after.GetCategory() != before.GetCategory() || after.GetDescription() != "For tea." || len(after.GetPictures()) != 1 {
			t.Errorf("prices alone: got %v, want all else kept", after)
		}
		s.wantStock(t, "MUG", 7)
		counted := "sku,stock\nMUG,5\n"
		s.wantResult(t, s.takeWith(t, strings.NewReader(counted), products.Options{Stock: products.StockSet}), 0, 1, 0)
		s.wantStock(t, "MUG", 5)
		s.wantResult(t, s.takeWith(t, strings.NewReader("sku,name\nMUG,Cup\n"), products.Options{Stock: products.StockIgnore}), 0, 1, 0)
		if p := s.product(t, "MUG"); p.GetName() != "Cup" || p.GetVariants()[0].GetPrices()[0].GetAmountMinor() != 1450 {
			t.Errorf("a name alone: got %v, want it and the price kept", p)
		}
		for file, lacks := range map[string]string{
			"sku,price,currency\nNEW,1,EUR\n":        "name, category",
			"sku,stock\nNEW,1\n":                     "name, category, price and currency",
			"sku,name,category\nNEW,New,kitchen\n":   "price and currency",
			"sku,name,price,currency\nNEW,N,1,EUR\n": "category",
		} {
			result := s.take(t, strings.NewReader(file))
			if len(result.Bad) != 1 || result.Imported != 0 || !strings.HasSuffix(result.Bad[0].Reason, "the shop has no NEW, and a new product needs the columns "+lacks) {
				t.Errorf("%q: got %+v, want one bad row that lacks %s", file, result, lacks)
			}
		}
		s.wantResult(t, s.take(t, strings.NewReader("sku,name,category,price,currency\nNEW,New,kitchen,1,EUR\n")), 1, 0, 0)
	})
}

func TestADeliveryThatWasTakenInBeforeChangesNothing(t *testing.T) {
	inEveryShop(t, func(t *testing.T, s shop) {
		file := header + "MUG,Mug,,kitchen,,12.90,EUR,7,\n"
		add := products.Options{Stock: products.StockAdd, Delivery: "truck"}
		s.wantResult(t, s.takeWith(t, strings.NewReader(file), add), 1, 0, 0)
		s.wantResult(t, s.takeWith(t, strings.NewReader(file), add), 0, 0, 1)
		s.wantStock(t, "MUG", 7)
		// Nor is it said beforehand that it would.
		var shown []string
		try := products.Options{Stock: products.StockAdd, Delivery: "truck", DryRun: true, Show: func(_ int, _ string, what []string) { shown = append(shown, what...) }}
		s.wantResult(t, s.takeWith(t, strings.NewReader(file), try), 0, 0, 1)
		try.Delivery = "another truck"
		s.wantResult(t, s.takeWith(t, strings.NewReader(file), try), 0, 1, 0)
		if !slices.Equal(shown, []string{"stock 7 → 14"}) {
			t.Errorf("shown before two deliveries, of which one is new: got %q", shown)
		}
		s.wantStock(t, "MUG", 7)
	})
}
