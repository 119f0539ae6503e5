package inventorytest

import (
	"testing"

	inventoryv1 "galleria/modules/inventory/v1"

	"galleria/platform/id"
)

func listMovements(w World) cases {
	return cases{
		"lists those of a sku, newest first, in pages": func(t *testing.T) {
			s := shop{w, t}
			sku := s.sku(1)
			for n := range int64(4) {
				s.count(sku, "", n+2)
			}
			var got []int64
			r := &inventoryv1.ListMovementsRequest{Sku: sku, PageSize: 2}
			for pages := 1; ; pages++ {
				page, err := w.Inventory.ListMovements(t.Context(), r)
				s.works(err)
				sum := int64(0)
				for _, m := range page.GetMovements() {
					sum += m.GetBy()
					if m.GetSku() != sku || m.GetLocation() != "main" || m.GetId() == "" || !m.GetAt().IsValid() || m.GetActor() == "" {
						t.Errorf("got %v, want all fields", m)
					}
				}
				got = append(got, sum)
				if r.PageToken = page.GetNextPageToken(); r.PageToken == "" {
					break
				}
			}
			if len(got) != 3 || got[0] != 2 || got[1] != 2 || got[2] != 1 {
				t.Errorf("got pages that sum to %v, want 2, 2 and 1", got)
			}
		},
		"lists those of a sku with one note": func(t *testing.T) {
			s := shop{w, t}
			sku, wanted := s.sku(1), id.New()
			s.works(s.receive(id.New(), line(sku, 1)))
			s.works(s.receive(wanted, line(sku, 3)))
			s.works(s.receive(id.New(), line(sku, 5)))
			got, err := w.Inventory.ListMovements(t.Context(), &inventoryv1.ListMovementsRequest{Sku: sku, Note: wanted, PageSize: 1})
			s.works(err)
			if all := got.GetMovements(); len(all) != 1 || all[0].GetBy() != 3 || got.GetNextPageToken() != "" {
				t.Errorf("got %v, want that of 3 pieces alone", got)
			}
		},
		"lists those of all skus": func(t *testing.T) {
			s := shop{w, t}
			sku := s.sku(3)
			got, err := w.Inventory.ListMovements(t.Context(), &inventoryv1.ListMovementsRequest{PageSize: 200})
			s.works(err)
			for _, m := range got.GetMovements() {
				if m.GetSku() == sku {
					return
				}
			}
			t.Errorf("got %d movements, want that of %s among the newest", len(got.GetMovements()), sku)
		},
		"of an unknown sku are none": func(t *testing.T) {
			if got := (shop{w, t}).movements("unknown-" + id.New()); len(got) != 0 {
				t.Errorf("got %v, want none", got)
			}
		},
		"refuses what can't be": func(t *testing.T) {
			_, err := w.Inventory.ListMovements(t.Context(), &inventoryv1.ListMovementsRequest{Sku: "no spaces", PageSize: 201, PageToken: "x"})
			shop{w, t}.invalid(err, "sku", "page_size", "page_token")
			_, err = w.Inventory.ListMovements(t.Context(), &inventoryv1.ListMovementsRequest{Note: "of which sku?"})
			shop{w, t}.invalid(err, "note")
		},
	}
}

func audit(w World) cases {
	return cases{
		"finds nothing when all went through the contract": func(t *testing.T) {
			s := shop{w, t}
			sku, order, lost := s.sku(9), id.New(), id.New()
			s.works(s.receive(id.New(), line(sku, 3)))
			s.works(s.keep(order, line(sku, 4)))
			s.works(s.ship(order, id.New(), line(sku, 2)))
			s.held(lost, line(sku, 1))
			s.works(s.release(lost))
			got, err := w.Inventory.Audit(t.Context(), &inventoryv1.AuditRequest{})
			s.works(err)
			if len(got.GetProblems()) != 0 {
				t.Errorf("got %v, want none", got.GetProblems())
			}
			s.level(sku, 10, 2)
		},
	}
}
