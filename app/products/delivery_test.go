package products_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"

	"galleria/app/products"
	inventoryv1 "galleria/modules/inventory/v1"
)

// delivery are the options of a delivery that is known by the content of its file, as the
// command imports one without a name.
func delivery(file string) products.Options {
	return products.Options{Stock: products.StockAdd, Delivery: file, WholeDelivery: true}
}

func TestADeliveryWithBadRowsIsTakenInOnceItIsMended(t *testing.T) {
	// More than a batch, with pieces in the first row and the last one.
	var all strings.Builder
	all.WriteString("sku,name,category,price,currency,stock\nFIRST,First,kitchen,1,EUR,5\n")
	for n := range 1000 {
		fmt.Fprintf(&all, "MUG-%d,Mug,kitchen,1,EUR,\n", n)
	}
	all.WriteString("LAST,Last,kitchen,1,EUR,9\n")
	file := all.String()
	inEveryShop(t, func(t *testing.T, s shop) {
		s.take(t, strings.NewReader(file))
		typos := map[string]string{
			"the file says so":    strings.Replace(file, "LAST,Last,kitchen,1", "LAST,Last,kitchen,1x", 1),
			"the catalog says so": strings.Replace(file, "LAST,Last", "LAST,La\x01st", 1),
		}
		for name, typo := range typos {
			result := s.takeWith(t, strings.NewReader(strings.Replace(typo, "MUG-7,Mug", "MUG-7,Cup", 1)), delivery(typo))
			if len(result.Bad) != 1 || !result.NoStock || result.Imported != 1001 {
				t.Errorf("%s: got %+v, want one bad row, and no stock", name, result)
			}
			s.wantStock(t, "FIRST", 5)
		}
		if got := s.product(t, "MUG-7").GetName(); got != "Cup" {
			t.Errorf("the product of a good row is called %q, want Cup: products are imported", got)
		}
		for range 2 {
			if result := s.takeWith(t, strings.NewReader(file), delivery(file)); result.NoStock || result.Imported != 1002 {
				t.Errorf("mended: got %+v, want all rows and their stock", result)
			}
			s.wantStock(t, "FIRST", 10)
			s.wantStock(t, "LAST", 18)
		}
	})
}

func TestADryRunOfADeliveryWithBadRowsShowsNoStock(t *testing.T) {
	inEveryShop(t, func(t *testing.T, s shop) {
		s.take(t, strings.NewReader(rows(3)))
		for stock, want := range map[string][]string{"x": nil, "9": {"2 MUG-0 stock 0 → 9", "3 MUG-1 stock 1 → 2", "4 MUG-2 stock 2 → 4"}} {
			file := strings.Replace(rows(3), "12.90,EUR,0", "12.90,EUR,"+stock, 1)
			var shown []string
			dry := delivery(file)
			dry.DryRun, dry.Show = true, func(line int, sku string, what []string) {
				shown = append(shown, string(rune('0'+line))+" "+sku+" "+strings.Join(what, "; "))
			}
			if result := s.takeWith(t, strings.NewReader(file), dry); result.NoStock != (want == nil) || !slices.Equal(shown, want) {
				t.Errorf("stock %s: got %q, %+v; want %q", stock, shown, result, want)
			}
		}
		s.wantStock(t, "MUG-1", 1)
	})
}

func TestADeliveryWithANameTakesInTheRestOnceItIsMended(t *testing.T) {
	inEveryShop(t, func(t *testing.T, s shop) {
		s.take(t, strings.NewReader(rows(3)))
		truck := products.Options{Stock: products.StockAdd, Delivery: "truck"}
		s.wantResult(t, s.takeWith(t, strings.NewReader(strings.Replace(rows(3), "12.90,EUR,1", "12x90,EUR,1", 1)), truck), 0, 1, 1, 3)
		s.wantStock(t, "MUG-1", 1)
		s.wantStock(t, "MUG-2", 4)
		s.wantResult(t, s.takeWith(t, strings.NewReader(rows(3)), truck), 0, 1, 2)
		s.wantStock(t, "MUG-1", 2)
		s.wantStock(t, "MUG-2", 4)
	})
}

// forgetful forgets the keys of deliveries, as inventory does after a while.
type forgetful struct {
	inventoryv1.InventoryServiceClient
}

func (f forgetful) Receive(ctx context.Context, r *inventoryv1.ReceiveRequest, o ...grpc.CallOption) (*inventoryv1.ReceiveResponse, error) {
	got, err := f.InventoryServiceClient.Receive(ctx, r, o...)
	if got.GetRepeated() {
		r.IdempotencyKey += "-forgotten"
		return f.InventoryServiceClient.Receive(ctx, r, o...)
	}
	return got, err
}

func TestADeliveryOfLongAgoIsNotTakenInAgain(t *testing.T) {
	inEveryShop(t, func(t *testing.T, s shop) {
		s.take(t, strings.NewReader(rows(3)))
		truck := products.Options{Stock: products.StockAdd, Delivery: "truck"}
		s.takeWith(t, strings.NewReader(rows(3)), truck)
		s.inventory = forgetful{s.inventory}
		more := strings.Replace(rows(3), "12.90,EUR,1", "12.90,EUR,8", 1)
		for _, truck.DryRun = range []bool{true, false} {
			s.wantResult(t, s.takeWith(t, strings.NewReader(rows(3)), truck), 0, 0, 3)
			result := s.takeWith(t, strings.NewReader(more), truck)
			s.wantResult(t, result, 0, 0, 2, 3)
			if want := "stock: 1 pieces of this delivery were taken in before, and now the file has 8"; len(result.Bad) == 1 && !strings.HasPrefix(result.Bad[0].Reason, want) {
				t.Errorf("another count: got %q, want %q", result.Bad[0].Reason, want)
			}
		}
		s.wantStock(t, "MUG-1", 2)
		s.wantStock(t, "MUG-2", 4)
	})
}
