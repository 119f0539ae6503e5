package inventorytest

import (
	"sync"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	inventoryv1 "galleria/modules/inventory/v1"

	"galleria/platform/contract"
	"galleria/platform/id"
)

const (
	outOfStock    = inventoryv1.Reason_REASON_OUT_OF_STOCK
	noReservation = inventoryv1.Reason_REASON_NO_RESERVATION
	released      = inventoryv1.Reason_REASON_RELEASED
	keyReused     = inventoryv1.Reason_REASON_KEY_REUSED
)

// atOnce runs n at the same time and waits for all.
func atOnce(n int, run func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { run(i) })
	}
	all.Wait()
}

func reserve(w World) cases {
	return cases{
		"takes all lines off the shelf": func(t *testing.T) {
			s := shop{w, t}
			a, b := s.sku(10), s.sku(1)
			r := s.reserved(id.New(), line(a, 3), line(b, 1))
			if r.GetStatus() != inventoryv1.ReservationStatus_RESERVATION_STATUS_HELD || !r.GetExpiresAt().IsValid() || r.GetExpiresAt().AsTime().Unix() == 0 {
				t.Errorf("got %v, want it held with an end", r)
			}
			s.books(a, 7, 3, 0)
			s.books(b, 0, 1, 0)
		},
		"takes none when one is short, and says which and how many there are": func(t *testing.T) {
			s := shop{w, t}
			plenty, few := s.sku(10), s.sku(2)
			_, err := s.reserve(id.New(), line(plenty, 1), line(few, 3))
			s.fails(err, codes.FailedPrecondition, outOfStock)
			if sku, n := contract.Metadata(err, "sku"), contract.Metadata(err, "available"); sku != few || n != "2" {
				t.Errorf("got sku %q available %q, want %q and 2", sku, n, few)
			}
			s.books(plenty, 10, 0, 0)
			s.books(few, 2, 0, 0)
		},
		"adds up lines of one sku": func(t *testing.T) {
			s := shop{w, t}
			sku := s.sku(5)
			_, err := s.reserve(id.New(), line(sku, 3), line(sku, 3))
			s.fails(err, codes.FailedPrecondition, outOfStock)
			s.books(sku, 5, 0, 0)
			s.reserved(id.New(), line(sku, 3), line(sku, 2))
			s.books(sku, 0, 5, 0)
		},
		"has nothing of an unknown sku": func(t *testing.T) {
			s := shop{w, t}
			_, err := s.reserve(id.New(), line("unknown-"+id.New(), 1))
			s.fails(err, codes.FailedPrecondition, outOfStock)
			if n := contract.Metadata(err, "available"); n != "0" {
				t.Errorf("got available %q, want 0", n)
			}
		},
		"may be tried again when it was short": func(t *testing.T) {
			s := shop{w, t}
			sku, order := s.sku(0), id.New()
			_, err := s.reserve(order, line(sku, 1))
			s.fails(err, codes.FailedPrecondition, outOfStock)
			s.setStock(sku, 1)
			s.reserved(order, line(sku, 1))
		},
		"repeated answers the same and takes once": func(t *testing.T) {
			s := shop{w, t}
			a, b, order := s.sku(9), s.sku(9), id.New()
			first := s.reserved(order, line(a, 1), line(b, 2))
			again := s.reserved(order, line(b, 2), line(a, 1))
			if !proto.Equal(first, again) {
				t.Errorf("got %v, want %v again", again, first)
			}
			s.books(a, 8, 1, 0)
			s.works(s.commit(order))
			if r := s.reserved(order, line(a, 1), line(b, 2)); r.GetStatus() != inventoryv1.ReservationStatus_RESERVATION_STATUS_COMMITTED {
				t.Errorf("got %v, want it committed", r.GetStatus())
			}
		},
		"repeated at once takes once": func(t *testing.T) {
			s := shop{w, t}
			sku, order := s.sku(10), id.New()
			atOnce(8, func(int) {
				if _, err := s.reserve(order, line(sku, 2)); err != nil {
					t.Errorf("got %v, want none", err)
				}
			})
			s.books(sku, 8, 2, 0)
		},
		"with other lines for the order is refused": func(t *testing.T) {
			s := shop{w, t}
			sku, order := s.sku(10), id.New()
			s.reserved(order, line(sku, 2))
			_, err := s.reserve(order, line(sku, 3))
			s.fails(err, codes.InvalidArgument, keyReused)
			s.books(sku, 8, 2, 0)
		},
		"after a release is refused, also when the release came first": func(t *testing.T) {
			s := shop{w, t}
			sku, late, early := s.sku(10), id.New(), id.New()
			s.reserved(late, line(sku, 2))
			s.works(s.release(late))
			s.works(s.release(early))
			for _, order := range []string{late, early} {
				_, err := s.reserve(order, line(sku, 2))
				s.fails(err, codes.FailedPrecondition, released)
			}
			s.books(sku, 10, 0, 0)
		},
		"by many for few sells each once": func(t *testing.T) {
			s := shop{w, t}
			sku := s.sku(3)
			var mu sync.Mutex
			won := 0
			atOnce(20, func(int) {
				_, err := s.reserve(id.New(), line(sku, 1))
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					won++
				case !contract.Is(err, outOfStock):
					t.Errorf("got %v, want out of stock", err)
				}
			})
			if won != 3 {
				t.Errorf("%d got one, want 3", won)
			}
			s.books(sku, 0, 3, 0)
		},
		"refuses what can't be": func(t *testing.T) {
			s := shop{w, t}
			_, err := s.reserve("")
			s.invalid(err, "order_id", "lines")
			_, err = s.reserve(id.New(), line("no spaces", 1), line("a", 0), line("b", 1_000_001))
			s.invalid(err, "lines[0].sku", "lines[1].quantity", "lines[2].quantity")
			_, err = s.reserve(id.New(), make([]*inventoryv1.Line, 101)...)
			s.invalid(err, "lines")
		},
	}
}

func commit(w World) cases {
	return cases{
		"sells what was reserved, once": func(t *testing.T) {
			s := shop{w, t}
			a, b, order := s.sku(5), s.sku(5), id.New()
			s.reserved(order, line(a, 2), line(b, 1))
			for range 3 {
				s.works(s.commit(order))
			}
			s.books(a, 3, 0, 2)
			s.books(b, 4, 0, 1)
		},
		"repeated at once sells once": func(t *testing.T) {
			s := shop{w, t}
			sku, order := s.sku(5), id.New()
			s.reserved(order, line(sku, 2))
			atOnce(8, func(int) {
				if err := s.commit(order); err != nil {
					t.Errorf("got %v, want none", err)
				}
			})
			s.books(sku, 3, 0, 2)
		},
		"without a reservation is refused": func(t *testing.T) {
			s := shop{w, t}
			s.fails(s.commit(id.New()), codes.NotFound, noReservation)
		},
		"after a release is refused": func(t *testing.T) {
			s := shop{w, t}
			sku, order := s.sku(5), id.New()
			s.reserved(order, line(sku, 2))
			s.works(s.release(order))
			s.fails(s.commit(order), codes.FailedPrecondition, released)
			s.books(sku, 5, 0, 0)
		},
		"refuses what can't be": func(t *testing.T) {
			s := shop{w, t}
			s.invalid(s.commit(""), "order_id")
		},
	}
}

func release(w World) cases {
	return cases{
		"gives reserved goods back, once": func(t *testing.T) {
			s := shop{w, t}
			sku, order := s.sku(5), id.New()
			s.reserved(order, line(sku, 2))
			for range 3 {
				s.works(s.release(order))
			}
			s.books(sku, 5, 0, 0)
		},
		"restocks sold goods, once, also at once": func(t *testing.T) {
			s := shop{w, t}
			sku, order := s.sku(5), id.New()
			s.reserved(order, line(sku, 2))
			s.works(s.commit(order))
			atOnce(8, func(int) {
				if err := s.release(order); err != nil {
					t.Errorf("got %v, want none", err)
				}
			})
			s.books(sku, 5, 0, 0)
		},
		"of an unknown order works, repeatedly": func(t *testing.T) {
			s := shop{w, t}
			order := id.New()
			s.works(s.release(order))
			s.works(s.release(order))
			s.fails(s.commit(order), codes.FailedPrecondition, released)
		},
		"against a reserve at the same moment leaves nothing held": func(t *testing.T) {
			s := shop{w, t}
			sku := s.sku(5)
			for range 10 {
				order := id.New()
				atOnce(2, func(i int) {
					if i == 0 {
						if err := s.release(order); err != nil {
							t.Errorf("release: got %v, want none", err)
						}
						return
					}
					if _, err := s.reserve(order, line(sku, 1)); err != nil && !contract.Is(err, released) {
						t.Errorf("reserve: got %v, want none or released", err)
					}
				})
			}
			s.books(sku, 5, 0, 0)
		},
		"refuses what can't be": func(t *testing.T) {
			s := shop{w, t}
			s.invalid(s.release(""), "order_id")
		},
	}
}
