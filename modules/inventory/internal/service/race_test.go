package service

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	inventoryv1 "galleria/modules/inventory/v1"

	"galleria/platform/contract"
	"galleria/platform/database"
)

const outOfStock = inventoryv1.Reason_REASON_OUT_OF_STOCK

func TestHundredBuyersForTenItemsGetExactlyTen(t *testing.T) {
	each(t, 1, func(t *testing.T, _ *database.DB, here, there *Service) {
		here.shelve(t, 10, "lamp")
		var won, lost atomic.Int64
		var buyers sync.WaitGroup
		for i := range 100 {
			buyers.Go(func() {
				s := []*Service{here, there}[i%2]
				order := fmt.Sprintf("order-%d", i)
				switch err := s.tryHold(order, 1, "lamp"); {
				case contract.Is(err, outOfStock):
					lost.Add(1)
				case err != nil:
					t.Errorf("allocate: got %v, want a lamp or out of stock", err)
				default:
					won.Add(1)
					if err := s.tryKeep(order, 1, "lamp"); err != nil {
						t.Errorf("keep: got %v, want none", err)
					}
				}
			})
		}
		buyers.Wait()
		if won.Load() != 10 || lost.Load() != 90 {
			t.Errorf("got %d that have one and %d turned away, want 10 and 90", won.Load(), lost.Load())
		}
		here.wantLevel(t, "lamp", 10, 10)
		here.wantBalance(t)
	})
}

func TestOrdersThatNameTheSameSkusInOppositeOrderAllGetThem(t *testing.T) {
	each(t, 1, func(t *testing.T, _ *database.DB, here, there *Service) {
		up := skus("sku", 20)
		down := slices.Clone(up)
		slices.Reverse(down)
		here.shelve(t, 100, up...)
		var orders sync.WaitGroup
		for i := range 60 {
			orders.Go(func() {
				s, names := here, up
				if i%2 == 1 {
					s, names = there, down
				}
				order := fmt.Sprintf("order-%d", i)
				if err := s.tryHold(order, 1, names...); err != nil {
					t.Errorf("allocate: got %v, want none", err)
				}
				end := func() error { return s.tryShip(order, order, 1, names...) }
				if i%3 == 0 {
					end = func() error { return s.tryRelease(order) }
				}
				if err := end(); err != nil {
					t.Errorf("end order %d: got %v, want none", i, err)
				}
			})
		}
		orders.Wait()
		for _, sku := range up {
			here.wantLevel(t, sku, 60, 0)
		}
		here.wantBalance(t)
	})
}

func TestAnOrderThatIsShippedAndReleasedAtOnceIsEither(t *testing.T) {
	each(t, 1, func(t *testing.T, _ *database.DB, here, there *Service) {
		here.shelve(t, 20, "lamp")
		var shipped atomic.Int64
		for i := range 20 {
			order := fmt.Sprintf("order-%d", i)
			if err := here.tryKeep(order, 1, "lamp"); err != nil {
				t.Fatal(err)
			}
			var both sync.WaitGroup
			both.Go(func() {
				switch err := here.tryShip(order, order, 1, "lamp"); {
				case err == nil:
					shipped.Add(1)
				case !contract.Is(err, inventoryv1.Reason_REASON_NOT_ALLOCATED):
					t.Errorf("ship: got %v, want none or not allocated", err)
				}
			})
			both.Go(func() {
				if err := there.tryRelease(order); err != nil {
					t.Errorf("release: got %v, want none", err)
				}
			})
			both.Wait()
		}
		here.wantLevel(t, "lamp", 20-shipped.Load(), 0)
		here.wantBalance(t)
	})
}

func TestAnOrderNotPaidHoldsItsShareAtMost(t *testing.T) {
	each(t, 0.5, func(t *testing.T, _ *database.DB, here, there *Service) {
		here.shelve(t, 72, "lamp")
		here.shelve(t, 10, "few")
		for _, n := range []int64{72, 37} {
			if err := here.tryHold("greedy", n, "lamp"); !contract.Is(err, outOfStock) || contract.Metadata(err, "held") != "true" || contract.Metadata(err, "available") != "36" {
				t.Errorf("%d of 72: got %v, want out of stock because an order may hold 36", n, err)
			}
		}
		if err := here.tryHold("half", 36, "lamp"); err != nil {
			t.Fatalf("36 of 72: got %v, want none", err)
		}
		buy := func(sku string, buyers int) (won int64) {
			var n atomic.Int64
			var all sync.WaitGroup
			for i := range buyers {
				all.Go(func() {
					s := []*Service{here, there}[i%2]
					switch err := s.tryHold(fmt.Sprintf("%s-%d", sku, i), 1, sku); {
					case err == nil:
						n.Add(1)
					case !contract.Is(err, outOfStock) || contract.Metadata(err, "held") != "":
						t.Errorf("got %v, want out of stock", err)
					}
				})
			}
			all.Wait()
			return n.Load()
		}
		if won := buy("lamp", 20); won != 20 {
			t.Errorf("while one order holds its share, %d of 20 others get one, want all", won)
		}
		if won := buy("few", 30); won != 10 {
			t.Errorf("of ten pieces %d are held, want all: the last ones are for who comes first", won)
		}
		if err := here.tryKeep("paid", 16, "lamp"); err != nil {
			t.Errorf("all that is left, without end: got %v, want none: the share binds orders that are not paid only", err)
		}
		here.shelve(t, 5, "last")
		if err := here.tryHold("the-last", 5, "last"); err != nil {
			t.Errorf("the last five: got %v, want none", err)
		}
		if err := here.tryHold("too-many", 20, "last"); !contract.Is(err, outOfStock) || contract.Metadata(err, "held") != "" {
			t.Errorf("got %v, want out of stock, for there are not so many", err)
		}
		here.wantBalance(t)
	})
}
