package inventorytest

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	inventoryv1 "galleria/modules/inventory/v1"

	"galleria/platform/id"
)

type cases = map[string]func(t *testing.T)

func getStock(w World) cases {
	return cases{
		"leaves unknown skus out and answers in the order asked for, each once": func(t *testing.T) {
			s := shop{w, t}
			a, b := s.sku(1), s.sku(2)
			got, err := w.Inventory.GetStock(t.Context(), &inventoryv1.GetStockRequest{Skus: []string{b, "unknown-" + id.New(), a, b}})
			s.works(err)
			if n := len(got.GetStock()); n != 2 || got.GetStock()[0].GetSku() != b || got.GetStock()[1].GetSku() != a {
				t.Errorf("got %v, want the books of %s and %s", got.GetStock(), b, a)
			}
		},
		"of nothing is nothing": func(t *testing.T) {
			got, err := w.Inventory.GetStock(t.Context(), &inventoryv1.GetStockRequest{})
			if err != nil || len(got.GetStock()) != 0 {
				t.Errorf("got %v, %v, want nothing", got, err)
			}
		},
		"refuses more than 200": func(t *testing.T) {
			_, err := w.Inventory.GetStock(t.Context(), &inventoryv1.GetStockRequest{Skus: make([]string, 201)})
			shop{w, t}.invalid(err, "skus")
		},
		"answers belong to the caller": func(t *testing.T) {
			s := shop{w, t}
			sku := s.sku(5)
			got, err := w.Inventory.GetStock(t.Context(), &inventoryv1.GetStockRequest{Skus: []string{sku}})
			s.works(err)
			got.GetStock()[0].OnHand = 99
			s.books(sku, 5, 0, 0)
		},
	}
}

func setStock(w World) cases {
	return cases{
		"counts the shelf and leaves alone what orders hold": func(t *testing.T) {
			s := shop{w, t}
			sku, order := s.sku(10), id.New()
			s.reserved(order, line(sku, 4))
			s.setStock(sku, 2)
			s.books(sku, 2, 4, 0)
			s.works(s.commit(order))
			s.setStock(sku, 0)
			s.books(sku, 0, 0, 4)
		},
		"repeated changes nothing": func(t *testing.T) {
			s := shop{w, t}
			sku := s.sku(7)
			s.setStock(sku, 7)
			s.books(sku, 7, 0, 0)
		},
		"sets up to 500 at once": func(t *testing.T) {
			s := shop{w, t}
			r := &inventoryv1.SetStockRequest{}
			prefix := id.New()
			for i := range 500 {
				r.Levels = append(r.Levels, &inventoryv1.SetStockRequest_Level{Sku: prefix + "-" + strings.Repeat("x", i%20) + string(rune('a'+i/20)), OnHand: int64(i)})
			}
			_, err := w.Inventory.SetStock(t.Context(), r)
			s.works(err)
			s.books(r.Levels[499].GetSku(), 499, 0, 0)
		},
		"of nothing changes nothing": func(t *testing.T) {
			_, err := w.Inventory.SetStock(t.Context(), &inventoryv1.SetStockRequest{})
			shop{w, t}.works(err)
		},
		"refuses what can't be, all of it": func(t *testing.T) {
			s := shop{w, t}
			good := "sku-" + id.New()
			_, err := w.Inventory.SetStock(t.Context(), &inventoryv1.SetStockRequest{Levels: []*inventoryv1.SetStockRequest_Level{
				{Sku: good, OnHand: 1}, {Sku: "no spaces", OnHand: -1}, {Sku: good, OnHand: 1_000_000_001},
			}})
			s.invalid(err, "levels[1].sku", "levels[1].on_hand", "levels[2].sku", "levels[2].on_hand")
			got, err := w.Inventory.GetStock(t.Context(), &inventoryv1.GetStockRequest{Skus: []string{good}})
			s.works(err)
			if len(got.GetStock()) != 0 {
				t.Errorf("got %v, want nothing set", got.GetStock())
			}
			_, err = w.Inventory.SetStock(t.Context(), &inventoryv1.SetStockRequest{Levels: make([]*inventoryv1.SetStockRequest_Level, 501)})
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
			s.books(known, 6, 0, 0)
			s.books(fresh, 5, 0, 0)
		},
		"repeated adds once": func(t *testing.T) {
			s := shop{w, t}
			sku, key := s.sku(0), id.New()
			for range 3 {
				s.works(s.receive(key, line(sku, 5)))
			}
			s.books(sku, 5, 0, 0)
		},
		"repeated at once adds once": func(t *testing.T) {
			s := shop{w, t}
			sku, key := s.sku(0), id.New()
			atOnce(8, func(int) {
				if err := s.receive(key, line(sku, 5)); err != nil {
					t.Errorf("got %v, want none", err)
				}
			})
			s.books(sku, 5, 0, 0)
		},
		"with a key used for other lines is refused": func(t *testing.T) {
			s := shop{w, t}
			sku, key := s.sku(0), id.New()
			s.works(s.receive(key, line(sku, 5)))
			s.fails(s.receive(key, line(sku, 6)), codes.InvalidArgument, inventoryv1.Reason_REASON_KEY_REUSED)
			s.books(sku, 5, 0, 0)
		},
		"refuses what can't be": func(t *testing.T) {
			s := shop{w, t}
			s.invalid(s.receive(""), "idempotency_key", "lines")
			s.invalid(s.receive("key with spaces", line("", 0)), "idempotency_key", "lines[0].sku", "lines[0].quantity")
			s.invalid(s.receive(id.New(), line("a", 1_000_001)), "lines[0].quantity")
		},
	}
}
