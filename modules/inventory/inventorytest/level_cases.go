package inventorytest

import (
	"sync"
	"testing"

	"google.golang.org/grpc/codes"

	inventoryv1 "galleria/modules/inventory/v1"

	"galleria/platform/contract"
	"galleria/platform/id"
)

type cases = map[string]func(t *testing.T)

const (
	outOfStock     = inventoryv1.Reason_REASON_OUT_OF_STOCK
	released       = inventoryv1.Reason_REASON_RELEASED
	keyReused      = inventoryv1.Reason_REASON_KEY_REUSED
	belowAllocated = inventoryv1.Reason_REASON_BELOW_ALLOCATED
	notAllocated   = inventoryv1.Reason_REASON_NOT_ALLOCATED
)

// atOnce runs n at the same time and waits for all.
func atOnce(n int, run func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { run(i) })
	}
	all.Wait()
}

func getLevels(w World) cases {
	return cases{
		"leaves unknown skus out and answers in the order asked for, each once": func(t *testing.T) {
			s := shop{w, t}
			a, b := s.sku(1), s.sku(2)
			got, err := w.Inventory.GetLevels(t.Context(), &inventoryv1.GetLevelsRequest{Skus: []string{b, "unknown-" + id.New(), a, b}})
			s.works(err)
			if n := len(got.GetLevels()); n != 2 || got.GetLevels()[0].GetSku() != b || got.GetLevels()[1].GetSku() != a {
				t.Errorf("got %v, want the levels of %s and %s", got.GetLevels(), b, a)
			}
		},
		"has a level for each location": func(t *testing.T) {
			s := shop{w, t}
			sku := s.sku(1)
			s.count(sku, "attic", 2)
			got, err := w.Inventory.GetLevels(t.Context(), &inventoryv1.GetLevelsRequest{Skus: []string{sku}})
			s.works(err)
			if n := len(got.GetLevels()); n != 2 || got.GetLevels()[0].GetLocation() != "attic" || got.GetLevels()[1].GetLocation() != "main" {
				t.Errorf("got %v, want the levels of attic and main", got.GetLevels())
			}
		},
		"of nothing is nothing": func(t *testing.T) {
			got, err := w.Inventory.GetLevels(t.Context(), &inventoryv1.GetLevelsRequest{})
			if err != nil || len(got.GetLevels()) != 0 {
				t.Errorf("got %v, %v, want nothing", got, err)
			}
		},
		"refuses more than 200": func(t *testing.T) {
			_, err := w.Inventory.GetLevels(t.Context(), &inventoryv1.GetLevelsRequest{Skus: make([]string, 201)})
			shop{w, t}.invalid(err, "skus")
		},
		"answers belong to the caller": func(t *testing.T) {
			s := shop{w, t}
			sku := s.sku(5)
			got, err := w.Inventory.GetLevels(t.Context(), &inventoryv1.GetLevelsRequest{Skus: []string{sku}})
			s.works(err)
			got.GetLevels()[0].OnHand = 99
			s.level(sku, 5, 0)
		},
	}
}

func setLevels(w World) cases {
	return cases{
		"counts what is allocated too, and writes down the difference": func(t *testing.T) {
			s := shop{w, t}
			sku := s.sku(10)
			s.held(id.New(), line(sku, 4))
			s.count(sku, "", 6)
			s.level(sku, 6, 4)
			s.count(sku, "main", 9)
			s.level(sku, 9, 4)
			s.moved(sku, "+3 count", "-4 count", "+10 count")
		},
		"never goes below what is allocated, and then sets nothing": func(t *testing.T) {
			s := shop{w, t}
			other, sku := s.sku(1), s.sku(10)
			s.held(id.New(), line(sku, 4))
			_, err := w.Inventory.SetLevels(t.Context(), &inventoryv1.SetLevelsRequest{Levels: []*inventoryv1.SetLevelsRequest_Count{
				{Sku: other, OnHand: 2}, {Sku: sku, OnHand: 3},
			}})
			s.fails(err, codes.FailedPrecondition, belowAllocated)
			if got, at, n := contract.Metadata(err, "sku"), contract.Metadata(err, "location"), contract.Metadata(err, "allocated"); got != sku || at != "main" || n != "4" {
				t.Errorf("got sku %q location %q allocated %q, want %q main 4", got, at, n, sku)
			}
			s.level(sku, 10, 4)
			s.level(other, 1, 0)
			s.moved(other, "+1 count")
		},
		"repeated changes nothing": func(t *testing.T) {
			s := shop{w, t}
			sku := s.sku(7)
			s.count(sku, "", 7)
			s.level(sku, 7, 0)
			s.moved(sku, "+7 count")
		},
		"sets up to 1,000 at once": func(t *testing.T) {
			s := shop{w, t}
			r := &inventoryv1.SetLevelsRequest{}
			for i := range 1000 {
				r.Levels = append(r.Levels, &inventoryv1.SetLevelsRequest_Count{Sku: "sku-" + id.New(), OnHand: int64(i)})
			}
			_, err := w.Inventory.SetLevels(t.Context(), r)
			s.works(err)
			s.level(r.Levels[999].GetSku(), 999, 0)
		},
		"of nothing changes nothing": func(t *testing.T) {
			_, err := w.Inventory.SetLevels(t.Context(), &inventoryv1.SetLevelsRequest{})
			shop{w, t}.works(err)
		},
		"refuses what can't be, all of it": func(t *testing.T) {
			s := shop{w, t}
			good := "sku-" + id.New()
			_, err := w.Inventory.SetLevels(t.Context(), &inventoryv1.SetLevelsRequest{Levels: []*inventoryv1.SetLevelsRequest_Count{
				{Sku: good, OnHand: 1}, {Sku: "no spaces", OnHand: -1, Location: "no / slashes"}, {Sku: good, Location: "main", OnHand: 1_000_000_001},
			}})
			s.invalid(err, "levels[1].sku", "levels[1].on_hand", "levels[1].location", "levels[2].sku", "levels[2].on_hand")
			got, err := w.Inventory.GetLevels(t.Context(), &inventoryv1.GetLevelsRequest{Skus: []string{good}})
			s.works(err)
			if len(got.GetLevels()) != 0 {
				t.Errorf("got %v, want nothing set", got.GetLevels())
			}
			_, err = w.Inventory.SetLevels(t.Context(), &inventoryv1.SetLevelsRequest{Levels: make([]*inventoryv1.SetLevelsRequest_Count, 1001)})
			s.invalid(err, "levels")
		},
	}
}

func receive(w World) cases {
	return cases{
		"adds goods, also of new skus, lines of one sku added up": func(t *testing.T) {
			s := shop{w, t}
			known, fresh := s.sku(3), "sku-"+id.New()
			s.works(s.receive(id.New(), line(known, 2), line(fresh, 5), line(known, 1)))
			s.level(known, 6, 0)
			s.level(fresh, 5, 0)
			s.moved(known, "+3 receive", "+3 count")
		},
		"adds to the location named": func(t *testing.T) {
			s := shop{w, t}
			sku := s.sku(3)
			_, err := w.Inventory.Receive(t.Context(), &inventoryv1.ReceiveRequest{IdempotencyKey: id.New(), Location: "attic", Lines: []*inventoryv1.Line{line(sku, 2)}})
			s.works(err)
			s.level(sku, 3, 0)
			s.levelAt(sku, "attic", 2, 0)
		},
		"repeated adds once": func(t *testing.T) {
			s := shop{w, t}
			sku, key := s.sku(0), id.New()
			for range 3 {
				s.works(s.receive(key, line(sku, 5)))
			}
			s.level(sku, 5, 0)
			s.moved(sku, "+5 receive")
		},
		"repeated at once adds once": func(t *testing.T) {
			s := shop{w, t}
			sku, key := s.sku(0), id.New()
			atOnce(8, func(int) {
				if err := s.receive(key, line(sku, 5)); err != nil {
					t.Errorf("got %v, want none", err)
				}
			})
			s.level(sku, 5, 0)
		},
		"with a key used for other lines is refused": func(t *testing.T) {
			s := shop{w, t}
			sku, key := s.sku(0), id.New()
			s.works(s.receive(key, line(sku, 5)))
			s.fails(s.receive(key, line(sku, 6)), codes.InvalidArgument, keyReused)
			s.level(sku, 5, 0)
		},
		"refuses what can't be": func(t *testing.T) {
			s := shop{w, t}
			s.invalid(s.receive(""), "idempotency_key", "lines")
			s.invalid(s.receive("key with spaces", line("", 0)), "idempotency_key", "lines[0].sku", "lines[0].quantity")
			s.invalid(s.receive(id.New(), line("a", 1_000_001)), "lines[0].quantity")
		},
	}
}

func adjust(w World) cases {
	damage, found := inventoryv1.AdjustReason_ADJUST_REASON_DAMAGE, inventoryv1.AdjustReason_ADJUST_REASON_FOUND
	return cases{
		"changes a level and says why": func(t *testing.T) {
			s := shop{w, t}
			sku := s.sku(10)
			level, err := s.adjust(&inventoryv1.AdjustRequest{Sku: sku, By: -3, Reason: damage, Note: "water", OrderId: "order-1", IdempotencyKey: id.New()})
			s.works(err)
			if level.GetOnHand() != 7 || level.GetAvailable() != 7 || level.GetLocation() != "main" {
				t.Errorf("got %v, want 7 on hand at main", level)
			}
			s.moved(sku, "-3 damage", "+10 count")
			if m := s.movements(sku)[0]; m.GetNote() != "water" || m.GetOrderId() != "order-1" || m.GetActor() == "" || !m.GetAt().IsValid() {
				t.Errorf("got %v, want note, order, actor and time", m)
			}
		},
		"finds the first of a sku": func(t *testing.T) {
			s := shop{w, t}
			sku := "sku-" + id.New()
			_, err := s.adjust(&inventoryv1.AdjustRequest{Sku: sku, Location: "attic", By: 2, Reason: found, IdempotencyKey: id.New()})
			s.works(err)
			s.levelAt(sku, "attic", 2, 0)
		},
		"repeated changes once, also at once": func(t *testing.T) {
			s := shop{w, t}
			sku, key := s.sku(10), id.New()
			atOnce(8, func(int) {
				level, err := s.adjust(&inventoryv1.AdjustRequest{Sku: sku, By: -3, Reason: damage, IdempotencyKey: key})
				if err != nil || level.GetOnHand() != 7 {
					t.Errorf("got %v, %v, want 7 on hand", level, err)
				}
			})
			s.moved(sku, "-3 damage", "+10 count")
		},
		"repeated with another note changes once, and keeps the first": func(t *testing.T) {
			s := shop{w, t}
			sku, key := s.sku(10), id.New()
			for _, note := range []string{"water", "fire"} {
				level, err := s.adjust(&inventoryv1.AdjustRequest{Sku: sku, By: -3, Reason: damage, Note: note, IdempotencyKey: key})
				s.works(err)
				if level.GetOnHand() != 7 {
					t.Errorf("%s: got %v, want 7 on hand", note, level)
				}
			}
			s.moved(sku, "-3 damage", "+10 count")
			if m := s.movements(sku)[0]; m.GetNote() != "water" {
				t.Errorf("got the note %q, want the first", m.GetNote())
			}
		},
		"with a key used for another is refused": func(t *testing.T) {
			s := shop{w, t}
			sku, key := s.sku(10), id.New()
			_, err := s.adjust(&inventoryv1.AdjustRequest{Sku: sku, By: -3, Reason: damage, IdempotencyKey: key})
			s.works(err)
			_, err = s.adjust(&inventoryv1.AdjustRequest{Sku: sku, By: -2, Reason: damage, IdempotencyKey: key})
			s.fails(err, codes.InvalidArgument, keyReused)
		},
		"never goes below what is allocated": func(t *testing.T) {
			s := shop{w, t}
			sku := s.sku(10)
			s.held(id.New(), line(sku, 5))
			s.held(id.New(), line(sku, 3))
			_, err := s.adjust(&inventoryv1.AdjustRequest{Sku: sku, By: -3, Reason: damage, IdempotencyKey: id.New()})
			s.fails(err, codes.FailedPrecondition, belowAllocated)
			_, err = s.adjust(&inventoryv1.AdjustRequest{Sku: "sku-" + id.New(), By: -3, Reason: damage, IdempotencyKey: id.New()})
			s.fails(err, codes.FailedPrecondition, belowAllocated)
			s.level(sku, 10, 8)
		},
		"refuses what can't be": func(t *testing.T) {
			s := shop{w, t}
			_, err := s.adjust(&inventoryv1.AdjustRequest{Note: string(make([]byte, 501))})
			s.invalid(err, "sku", "by", "reason", "note", "idempotency_key")
			_, err = s.adjust(&inventoryv1.AdjustRequest{Sku: "a", By: 1, Reason: damage, IdempotencyKey: "k"})
			s.invalid(err, "by")
			_, err = s.adjust(&inventoryv1.AdjustRequest{Sku: "a", By: -1, Reason: found, IdempotencyKey: "k"})
			s.invalid(err, "by")
			_, err = s.adjust(&inventoryv1.AdjustRequest{Sku: "a", By: -1_000_001, Reason: damage, IdempotencyKey: "k", OrderId: "no spaces"})
			s.invalid(err, "by", "order_id")
		},
	}
}
