package inventorytest

import (
	"slices"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	inventoryv1 "galleria/modules/inventory/v1"

	"galleria/platform/contract"
	"galleria/platform/id"
)

func allocate(w World) cases {
	return cases{
		"keeps all lines for the order": func(t *testing.T) {
			s := shop{w, t}
			a, b := s.sku(10), s.sku(1)
			if r := s.held(id.New(), line(a, 3), line(b, 1)); !r.GetExpiresAt().IsValid() || r.GetExpiresAt().AsTime().Unix() == 0 {
				t.Errorf("got %v, want an end", r)
			}
			s.level(a, 10, 3)
			s.level(b, 1, 1)
			s.moved(a, "+10 count")
		},
		"keeps none when one is short, and says which and how many there are": func(t *testing.T) {
			s := shop{w, t}
			plenty, few := s.sku(10), s.sku(2)
			_, err := s.hold(id.New(), line(plenty, 1), line(few, 3))
			s.fails(err, codes.FailedPrecondition, outOfStock)
			if sku, n := contract.Metadata(err, "sku"), contract.Metadata(err, "available"); sku != few || n != "2" {
				t.Errorf("got sku %q available %q, want %q and 2", sku, n, few)
			}
			s.level(plenty, 10, 0)
			s.level(few, 2, 0)
		},
		"adds up lines of one sku": func(t *testing.T) {
			s := shop{w, t}
			sku := s.sku(5)
			_, err := s.hold(id.New(), line(sku, 3), line(sku, 3))
			s.fails(err, codes.FailedPrecondition, outOfStock)
			s.held(id.New(), line(sku, 3), line(sku, 2))
			s.level(sku, 5, 5)
		},
		"has nothing of an unknown sku": func(t *testing.T) {
			s := shop{w, t}
			_, err := s.hold(id.New(), line("unknown-"+id.New(), 1))
			s.fails(err, codes.FailedPrecondition, outOfStock)
			if n := contract.Metadata(err, "available"); n != "0" {
				t.Errorf("got available %q, want 0", n)
			}
		},
		"takes from main first, then from the others": func(t *testing.T) {
			s := shop{w, t}
			sku, order := s.sku(2), id.New()
			s.count(sku, "attic", 2)
			s.count(sku, "zoo", 2)
			s.held(order, line(sku, 5))
			s.level(sku, 2, 2)
			s.levelAt(sku, "attic", 2, 2)
			s.levelAt(sku, "zoo", 2, 1)
			_, err := s.hold(id.New(), line(sku, 2))
			s.fails(err, codes.FailedPrecondition, outOfStock)
			s.works(s.ship(order, id.New(), line(sku, 3)))
			s.level(sku, 0, 0)
			s.levelAt(sku, "attic", 1, 1)
			s.works(s.release(order))
			s.levelAt(sku, "attic", 1, 0)
			s.levelAt(sku, "zoo", 2, 0)
		},
		"may be tried again when it was short": func(t *testing.T) {
			s := shop{w, t}
			sku, order := s.sku(0), id.New()
			_, err := s.hold(order, line(sku, 1))
			s.fails(err, codes.FailedPrecondition, outOfStock)
			s.count(sku, "", 1)
			s.held(order, line(sku, 1))
		},
		"repeated takes once and moves the end, only to later": func(t *testing.T) {
			s := shop{w, t}
			a, b, order := s.sku(9), s.sku(9), id.New()
			first := s.held(order, line(a, 1), line(b, 2))
			later, err := s.holdFor(time.Hour, order, line(b, 2), line(a, 1))
			s.works(err)
			if d := later.GetExpiresAt().AsTime().Sub(first.GetExpiresAt().AsTime()); d < 58*time.Minute {
				t.Errorf("the end moved by %v, want an hour less a minute", d)
			}
			if again := s.held(order, line(a, 1), line(b, 2)); !again.GetExpiresAt().AsTime().Equal(later.GetExpiresAt().AsTime()) {
				t.Errorf("got %v, want the end to stay at %v", again.GetExpiresAt().AsTime(), later.GetExpiresAt().AsTime())
			}
			s.level(a, 9, 1)
			s.level(b, 9, 2)
		},
		"without a hold has no end, and a late repeat gives it none": func(t *testing.T) {
			s := shop{w, t}
			sku, order := s.sku(9), id.New()
			s.held(order, line(sku, 1))
			s.works(s.keep(order, line(sku, 1)))
			if r := s.held(order, line(sku, 1)); r.GetExpiresAt() != nil {
				t.Errorf("got an end, %v, want none", r.GetExpiresAt().AsTime())
			}
			fresh := id.New()
			s.works(s.keep(fresh, line(sku, 2)))
			s.works(s.keep(fresh, line(sku, 2)))
			s.level(sku, 9, 3)
		},
		"repeated at once takes once": func(t *testing.T) {
			s := shop{w, t}
			sku, order := s.sku(10), id.New()
			atOnce(8, func(i int) {
				var err error
				if i%2 == 0 {
					_, err = s.hold(order, line(sku, 2))
				} else {
					err = s.keep(order, line(sku, 2))
				}
				if err != nil {
					t.Errorf("got %v, want none", err)
				}
			})
			s.level(sku, 10, 2)
		},
		"with other lines for the order is refused": func(t *testing.T) {
			s := shop{w, t}
			sku, order := s.sku(10), id.New()
			s.held(order, line(sku, 2))
			_, err := s.hold(order, line(sku, 3))
			s.fails(err, codes.InvalidArgument, keyReused)
			s.fails(s.keep(order, line(sku, 1)), codes.InvalidArgument, keyReused)
			s.level(sku, 10, 2)
		},
		"after a release is refused, also when the release came first": func(t *testing.T) {
			s := shop{w, t}
			sku, late, early := s.sku(10), id.New(), id.New()
			s.held(late, line(sku, 2))
			s.works(s.release(late))
			s.works(s.release(early))
			for _, order := range []string{late, early} {
				_, err := s.hold(order, line(sku, 2))
				s.fails(err, codes.FailedPrecondition, released)
				s.fails(s.keep(order, line(sku, 2)), codes.FailedPrecondition, released)
			}
			s.level(sku, 10, 0)
		},
		"by many for few gives each piece once": func(t *testing.T) {
			s := shop{w, t}
			sku := s.sku(3)
			var mu sync.Mutex
			won := 0
			atOnce(20, func(int) {
				_, err := s.hold(id.New(), line(sku, 1))
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
			s.level(sku, 3, 3)
		},
		"refuses what can't be": func(t *testing.T) {
			s := shop{w, t}
			_, err := s.holdFor(-time.Second, "")
			s.invalid(err, "order_id", "lines", "hold")
			_, err = s.holdFor(31*24*time.Hour, id.New(), line("no spaces", 1), line("a", 0), line("b", 1_000_001))
			s.invalid(err, "lines[0].sku", "lines[1].quantity", "lines[2].quantity", "hold")
			_, err = s.hold(id.New(), slices.Repeat([]*inventoryv1.Line{line("a", 1)}, 101)...)
			s.invalid(err, "lines")
		},
	}
}

func release(w World) cases {
	return cases{
		"gives goods back, once, also those without end": func(t *testing.T) {
			s := shop{w, t}
			sku, held, kept := s.sku(5), id.New(), id.New()
			s.held(held, line(sku, 2))
			s.works(s.keep(kept, line(sku, 1)))
			for range 3 {
				s.works(s.release(held))
				s.works(s.release(kept))
			}
			s.level(sku, 5, 0)
			s.moved(sku, "+5 count")
		},
		"leaves what is shipped": func(t *testing.T) {
			s := shop{w, t}
			sku, order := s.sku(5), id.New()
			s.works(s.keep(order, line(sku, 3)))
			s.works(s.ship(order, id.New(), line(sku, 1)))
			atOnce(8, func(int) {
				if err := s.release(order); err != nil {
					t.Errorf("got %v, want none", err)
				}
			})
			s.level(sku, 4, 0)
		},
		"of lines gives those back, once per key": func(t *testing.T) {
			s := shop{w, t}
			a, b, order, key := s.sku(5), s.sku(5), id.New(), id.New()
			s.works(s.keep(order, line(a, 3), line(b, 1)))
			for range 3 {
				s.works(s.releaseLines(order, key, line(a, 2)))
			}
			s.level(a, 5, 1)
			s.level(b, 5, 1)
			s.works(s.keep(order, line(a, 3), line(b, 1))) // a late repeat takes nothing back
			s.level(a, 5, 1)
			s.fails(s.releaseLines(order, key, line(a, 1)), codes.InvalidArgument, keyReused)
			err := s.releaseLines(order, id.New(), line(b, 1), line(a, 2))
			s.fails(err, codes.FailedPrecondition, notAllocated)
			if sku, n := contract.Metadata(err, "sku"), contract.Metadata(err, "allocated"); sku != a || n != "1" {
				t.Errorf("got sku %q allocated %q, want %q and 1", sku, n, a)
			}
			s.level(b, 5, 1)
		},
		"of lines of an unknown order is refused": func(t *testing.T) {
			s := shop{w, t}
			s.fails(s.releaseLines(id.New(), id.New(), line(s.sku(1), 1)), codes.FailedPrecondition, notAllocated)
		},
		"of an unknown order works, repeatedly": func(t *testing.T) {
			s := shop{w, t}
			sku, order := s.sku(1), id.New()
			s.works(s.release(order))
			s.works(s.release(order))
			s.fails(s.keep(order, line(sku, 1)), codes.FailedPrecondition, released)
		},
		"against an allocation at the same moment leaves nothing kept": func(t *testing.T) {
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
					if _, err := s.hold(order, line(sku, 1)); err != nil && !contract.Is(err, released) {
						t.Errorf("allocate: got %v, want none or released", err)
					}
				})
			}
			s.level(sku, 5, 0)
		},
		"refuses what can't be": func(t *testing.T) {
			s := shop{w, t}
			s.invalid(s.release(""), "order_id")
			s.invalid(s.releaseLines("o", "", line("a", 1)), "idempotency_key")
			s.invalid(s.releaseLines("o", "key"), "idempotency_key")
		},
	}
}

func ship(w World) cases {
	return cases{
		"takes goods out of the house, once per key": func(t *testing.T) {
			s := shop{w, t}
			a, b, order, key := s.sku(5), s.sku(5), id.New(), id.New()
			s.works(s.keep(order, line(a, 2), line(b, 1)))
			atOnce(8, func(int) {
				if err := s.ship(order, key, line(a, 1), line(b, 1)); err != nil {
					t.Errorf("got %v, want none", err)
				}
			})
			s.level(a, 4, 1)
			s.level(b, 4, 0)
			s.works(s.ship(order, id.New(), line(a, 1)))
			s.level(a, 3, 0)
			s.moved(a, "-1 ship", "-1 ship", "+5 count")
			if m := s.movements(b)[0]; m.GetOrderId() != order || m.GetActor() == "" {
				t.Errorf("got %v, want the order and who asked", m)
			}
		},
		"of goods held with an end works too": func(t *testing.T) {
			s := shop{w, t}
			sku, order := s.sku(5), id.New()
			s.held(order, line(sku, 2))
			s.works(s.ship(order, id.New(), line(sku, 2)))
			s.level(sku, 3, 0)
		},
		"of more than is allocated is refused, all of it": func(t *testing.T) {
			s := shop{w, t}
			a, b, order := s.sku(5), s.sku(5), id.New()
			s.works(s.keep(order, line(a, 2), line(b, 1)))
			err := s.ship(order, id.New(), line(a, 1), line(b, 2))
			s.fails(err, codes.FailedPrecondition, notAllocated)
			if sku, n := contract.Metadata(err, "sku"), contract.Metadata(err, "allocated"); sku != b || n != "1" {
				t.Errorf("got sku %q allocated %q, want %q and 1", sku, n, b)
			}
			s.level(a, 5, 2)
			s.fails(s.ship(id.New(), id.New(), line(a, 1)), codes.FailedPrecondition, notAllocated)
			s.works(s.release(order))
			s.fails(s.ship(order, id.New(), line(a, 1)), codes.FailedPrecondition, notAllocated)
		},
		"may be tried again under the key when it was refused": func(t *testing.T) {
			s := shop{w, t}
			sku, order, key := s.sku(5), id.New(), id.New()
			s.fails(s.ship(order, key, line(sku, 1)), codes.FailedPrecondition, notAllocated)
			s.works(s.keep(order, line(sku, 1)))
			s.works(s.ship(order, key, line(sku, 1)))
			s.level(sku, 4, 0)
		},
		"with a key used for another is refused": func(t *testing.T) {
			s := shop{w, t}
			sku, order, key := s.sku(5), id.New(), id.New()
			s.works(s.keep(order, line(sku, 3)))
			s.works(s.ship(order, key, line(sku, 1)))
			s.fails(s.ship(order, key, line(sku, 2)), codes.InvalidArgument, keyReused)
			s.fails(s.ship(id.New(), key, line(sku, 1)), codes.InvalidArgument, keyReused)
			s.level(sku, 4, 2)
		},
		"refuses what can't be": func(t *testing.T) {
			s := shop{w, t}
			s.invalid(s.ship("", ""), "order_id", "idempotency_key", "lines")
			s.invalid(s.ship("o", "k", line("", 0)), "lines[0].sku", "lines[0].quantity")
		},
	}
}
