package inventorytest

import (
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	inventoryv1 "galleria/modules/inventory/v1"

	"galleria/platform/id"
)

// RunExpiry tests what becomes of reservations that are held too long, on a
// world that holds goods for a fraction of a second only.
func RunExpiry(t *testing.T, w World) {
	for name, run := range map[string]func(*testing.T, shop){
		"goods held too long go back to the shelf":       goodsGoBack,
		"an expired order is committed from the shelf":   commitExpired,
		"an expired order is refused when goods are out": commitTooLate,
		"an expired order is released without a second return": func(t *testing.T, s shop) {
			sku, order := s.sku(5), id.New()
			s.reserved(order, line(sku, 2))
			s.untilBack(sku, 5)
			s.works(s.release(order))
			s.books(sku, 5, 0, 0)
		},
		"a committed order does not expire": func(t *testing.T, s shop) {
			sku, watch := s.sku(5), s.sku(5)
			kept := id.New()
			s.reserved(kept, line(sku, 2))
			s.works(s.commit(kept))
			s.reserved(id.New(), line(watch, 2))
			s.untilBack(watch, 5)
			s.books(sku, 3, 0, 2)
		},
	} {
		t.Run(name, func(t *testing.T) { run(t, shop{w, t}) })
	}
}

func goodsGoBack(t *testing.T, s shop) {
	a, b, order := s.sku(5), s.sku(5), id.New()
	s.reserved(order, line(a, 2), line(b, 3))
	s.untilBack(a, 5)
	s.books(b, 5, 0, 0)
	if r := s.reserved(order, line(a, 2), line(b, 3)); r.GetStatus() != inventoryv1.ReservationStatus_RESERVATION_STATUS_EXPIRED {
		t.Errorf("a repeat answers %v, want it expired", r.GetStatus())
	}
	s.books(a, 5, 0, 0)
}

func commitExpired(t *testing.T, s shop) {
	sku, order := s.sku(5), id.New()
	s.reserved(order, line(sku, 2))
	s.untilBack(sku, 5)
	s.works(s.commit(order))
	s.works(s.commit(order))
	s.books(sku, 3, 0, 2)
	s.works(s.release(order))
	s.books(sku, 5, 0, 0)
}

func commitTooLate(t *testing.T, s shop) {
	sku, order := s.sku(2), id.New()
	s.reserved(order, line(sku, 2))
	s.untilBack(sku, 2)
	s.setStock(sku, 1)
	s.fails(s.commit(order), codes.FailedPrecondition, outOfStock)
	s.books(sku, 1, 0, 0)
	s.setStock(sku, 2)
	s.works(s.commit(order))
	s.books(sku, 0, 0, 2)
}

// untilBack waits until that many are on the shelf.
func (s shop) untilBack(sku string, onHand int64) {
	s.t.Helper()
	for {
		got, err := s.Inventory.GetStock(s.t.Context(), &inventoryv1.GetStockRequest{Skus: []string{sku}})
		s.works(err)
		if got.GetStock()[0].GetOnHand() == onHand {
			return
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-s.t.Context().Done():
			s.t.Fatalf("%s: %d did not come back: got %v", sku, onHand, got.GetStock()[0])
		}
	}
}
