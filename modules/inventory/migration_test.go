package inventory_test

import (
	"testing"
	"time"

	inventoryv1 "galleria/modules/inventory/v1"

	"galleria/migrations"
	"galleria/modules/inventory"
	"galleria/platform/contract"
	"galleria/platform/database"
	"galleria/platform/database/databasetest"
	"galleria/platform/module"
	"galleria/platform/module/moduletest"
)

func TestBooksOfEarlierCommitsAreConverted(t *testing.T) {
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) {
		ctx := t.Context()
		o.Migrations = migrations.For(inventory.Name)
		databasetest.Fill(t, o, "0001_inventory.sql",
			`INSERT INTO stock (sku, on_hand, reserved, sold, received) VALUES ('mug_1.blue-X', 5, 2, 3, 10), ('tea', 8, 1, 0, 9), ('none', 0, 0, 0, 0)`,
			`INSERT INTO reservations (order_id, status, previous, lines, expires_at, created_at) VALUES
				('held', 'held', '', '[["mug_1.blue-X",2],["tea",1]]', 4000000000000000, 1),
				('sold', 'committed', 'held', '[["mug_1.blue-X",3]]', 2, 1),
				('gone', 'expired', 'held', '[["tea",12]]', 2, 1),
				('back', 'released', 'held', '[["tea",4]]', 2, 1),
				('early', 'released', '', '[]', 0, 1)`,
			`INSERT INTO deliveries (idempotency_key, lines, received_at) VALUES ('truck', '[["tea",9]]', 1)`,
		)
		instance, err := inventory.New(module.Host{DB: databasetest.Open(t, o), Now: time.Now}, inventory.Needs{}, inventory.DefaultConfig())
		if err != nil {
			t.Fatal(err)
		}
		s := instance.Server.(inventoryv1.InventoryServiceServer)
		got, err := s.GetLevels(ctx, &inventoryv1.GetLevelsRequest{Skus: []string{"mug_1.blue-X", "tea", "none"}})
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range [][2]int64{{10, 5}, {9, 1}, {0, 0}} {
			if l := got.GetLevels()[i]; l.GetOnHand() != want[0] || l.GetAllocated() != want[1] {
				t.Errorf("got %v, want %d on hand, %d allocated", l, want[0], want[1])
			}
		}
		if audit, err := s.Audit(moduletest.Direct(ctx), &inventoryv1.AuditRequest{}); err != nil || len(audit.GetProblems()) != 0 {
			t.Errorf("audit: got %v, %v, want books that balance", audit, err)
		}
		line := func(sku string, n int64) []*inventoryv1.Line { return []*inventoryv1.Line{{Sku: sku, Quantity: n}} }
		if _, err := s.Ship(moduletest.Direct(ctx), &inventoryv1.ShipRequest{OrderId: "sold", IdempotencyKey: "k", Lines: line("mug_1.blue-X", 3)}); err != nil {
			t.Errorf("ship what was sold: got %v, want none", err)
		}
		_, err = s.Allocate(moduletest.Direct(ctx), &inventoryv1.AllocateRequest{OrderId: "gone", Lines: line("tea", 12)})
		if !contract.Is(err, inventoryv1.Reason_REASON_OUT_OF_STOCK) {
			t.Errorf("take again what had expired: got %v, want out of stock: it is known, and they are not there", err)
		}
		for _, order := range []string{"back", "early"} {
			_, err = s.Allocate(moduletest.Direct(ctx), &inventoryv1.AllocateRequest{OrderId: order, Lines: line("tea", 4)})
			if !contract.Is(err, inventoryv1.Reason_REASON_RELEASED) {
				t.Errorf("%s: got %v, want released", order, err)
			}
		}
		if _, err := s.Receive(moduletest.Direct(ctx), &inventoryv1.ReceiveRequest{IdempotencyKey: "truck", Lines: line("tea", 9)}); err != nil {
			t.Errorf("a delivery that came before: got %v, want none", err)
		}
		if moved, err := s.ListMovements(moduletest.Direct(ctx), &inventoryv1.ListMovementsRequest{Sku: "tea"}); err != nil || len(moved.GetMovements()) != 1 || moved.GetMovements()[0].GetBy() != 9 {
			t.Errorf("got %v, %v, want one movement of 9", moved, err)
		}
	})
}

// Movements are kept for ever, and those of returns repeated what the staff wrote about a
// customer.
func TestMovementsOfReturnsLoseTheirNotes(t *testing.T) {
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) {
		o.Migrations = migrations.For(inventory.Name)
		databasetest.Fill(t, o, "0002_levels_and_movements.sql",
			`INSERT INTO levels (sku, location, on_hand, allocated, previous) VALUES ('mug', 'main', 2, 0, 0)`,
			`INSERT INTO movements (id, sku, location, amount, reason, order_id, note, actor, at) VALUES
				('1', 'mug', 'main', 1, 'return', 'o1', 'Ana sent it back', 'orders', 1), ('2', 'mug', 'main', 1, 'found', '', 'behind the shelf', 'operator', 2)`,
			`INSERT INTO stock_requests (method, idempotency_key, content, at) VALUES
				('adjust', 'r1/mug', 'mug main 1 return "Ana said \"too büg\" 2 me" o1', 1), ('adjust', 'plain', 'mug main 1 return "" "odd\''order"', 1),
				('adjust', 'no-order', 'mug main 1 found "behind the shelf" ', 2), ('receive', 'truck', 'main [["mug",1]]', 2)`)
		db := databasetest.Open(t, o)
		instance, err := inventory.New(module.Host{DB: db, Now: time.Now}, inventory.Needs{}, inventory.DefaultConfig())
		if err != nil {
			t.Fatal(err)
		}
		got, err := instance.Server.(inventoryv1.InventoryServiceServer).ListMovements(moduletest.Direct(t.Context()), &inventoryv1.ListMovementsRequest{Sku: "mug"})
		if err != nil || len(got.GetMovements()) != 2 {
			t.Fatalf("got %v, %v", got, err)
		}
		for _, m := range got.GetMovements() {
			if want := map[string]string{"": "behind the shelf"}[m.GetOrderId()]; m.GetNote() != want {
				t.Errorf("got the note %q, want %q", m.GetNote(), want)
			}
		}
		var typed int
		err = db.Read(t.Context()).Raw("SELECT count(*) FROM stock_requests WHERE content LIKE '%Ana%' OR content LIKE '%shelf%'").Row().Scan(&typed)
		if err != nil || typed > 0 {
			t.Errorf("%d requests, %v: want none that has a note", typed, err)
		}
		back, found := inventoryv1.AdjustReason_ADJUST_REASON_RETURN, inventoryv1.AdjustReason_ADJUST_REASON_FOUND
		for _, r := range []*inventoryv1.AdjustRequest{
			{IdempotencyKey: "r1/mug", Sku: "mug", By: 1, Reason: back, OrderId: "o1", Note: "return of order G-1"},
			{IdempotencyKey: "plain", Sku: "mug", By: 1, Reason: back, OrderId: `"odd\'order"`},
			{IdempotencyKey: "no-order", Sku: "mug", By: 1, Reason: found},
		} {
			got, err := instance.Server.(inventoryv1.InventoryServiceServer).Adjust(moduletest.Direct(t.Context()), r)
			if err != nil || got.GetLevel().GetOnHand() != 2 {
				t.Errorf("%s, asked for before: got %v, %v; want it known, and 2 on hand", r.GetIdempotencyKey(), got.GetLevel(), err)
			}
		}
	})
}
