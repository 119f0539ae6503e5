package app_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"google.golang.org/grpc"

	"galleria/app/shoptest"
	inventoryv1 "galleria/modules/inventory/v1"
)

// TestOperatorsCountTheStockByCommand: an operator looks at the stock of an open
// shop, takes in a delivery twice, corrects a count, and audits.
func TestOperatorsCountTheStockByCommand(t *testing.T) {
	t.Parallel()
	shop := shoptest.Open(t, shoptest.Layout{})
	run := func(want int, says string, args ...string) string {
		t.Helper()
		out, code := shop.Run(t, args...)
		if code != want || !strings.Contains(out, says) {
			t.Errorf("galleria %s: got exit %d and\n%s\nwant %d and %q", strings.Join(args, " "), code, out, want, says)
		}
		return out
	}
	run(0, "1 new", "import", "products", csvFile(t, "GONG-1,Gong,,music,,80,EUR,,\n"))
	run(1, "knows no stock of GONG-1", "stock", "show", "GONG-1")
	run(1, "no product with the sku NOPE, so nothing was changed", "stock", "receive", "GONG-1=5", "NOPE=5")
	run(1, "no product with the sku NOPE", "stock", "adjust", "NOPE", "--by", "5")
	run(1, "knows no stock of GONG-1", "stock", "show", "GONG-1")
	run(0, "5 received", "stock", "receive", "--key", "delivery-1", "GONG-1=5")
	run(0, "0 received: the delivery delivery-1 was taken in before", "stock", "receive", "--key", "delivery-1", "GONG-1=5")
	run(0, "3", "stock", "adjust", "--reason", "damage", "--note", "dented", "GONG-1", "--by", "-2")
	run(1, "fewer than none", "stock", "adjust", "--reason", "loss", "GONG-1", "--by", "-4")
	run(0, "dented", "stock", "show", "GONG-1")
	err := shop.Operate(t, func(ctx context.Context, connection grpc.ClientConnInterface) error {
		_, err := inventoryv1.NewInventoryServiceClient(connection).Allocate(ctx, &inventoryv1.AllocateRequest{OrderId: "o", Lines: []*inventoryv1.Line{{Sku: "GONG-1", Quantity: 2}}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	run(1, "of 3 on hand 2 are allocated to orders", "stock", "adjust", "--reason", "damage", "GONG-1", "--by", "-2")
	run(1, "galleria orders refund NUMBER --lines GONG-1=1 --restock", "stock", "adjust", "--reason", "damage", "GONG-1", "--by", "-2")
	var shown struct {
		Levels    []struct{ On_hand, Available int64 }
		Movements []struct {
			By            int64
			Reason, Actor string
		}
	}
	if out := run(0, "", "stock", "show", "GONG-1", "--json"); json.Unmarshal([]byte(out), &shown) != nil ||
		len(shown.Levels) != 1 || shown.Levels[0].On_hand != 3 || len(shown.Movements) != 2 ||
		shown.Movements[0].By != -2 || shown.Movements[0].Reason != "damage" || shown.Movements[0].Actor != "operator" {
		t.Errorf("got %s, want 3 on hand after +5 and -2 of the operator", out)
	}
	run(0, "balance", "audit")
	run(0, "[]", "audit", "--json")
	run(2, "SKU=QUANTITY", "stock", "receive", "GONG-1")
	run(2, "--by is the difference", "stock", "adjust", "GONG-1")
	run(2, "--reason is damage", "stock", "adjust", "GONG-1", "--by", "1", "--reason", "theft")
}
