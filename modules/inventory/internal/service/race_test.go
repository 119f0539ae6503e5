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

func TestOrdersNotPaidHoldTheirShareAtMost(t *testing.T) {
	each(t, 0.5, func(t *testing.T, _ *database.DB, here, there *Service) {
		here.shelve(t, 10, "lamp")
		here.shelve(t, 1, "last")
		if err := here.tryKeep("paid", 2, "lamp"); err != nil { // of the 8 others, 4 may be held
			t.Fatal(err)
		}
		var won atomic.Int64
		var buyers sync.WaitGroup
		for i := range 20 {
			buyers.Go(func() {
				s := []*Service{here, there}[i%2]
				switch err := s.tryHold(fmt.Sprintf("order-%d", i), 1, "lamp"); {
				case err == nil:
					won.Add(1)
				case !contract.Is(err, outOfStock) || contract.Metadata(err, "held") != "true" || contract.Metadata(err, "available") != "0":
					t.Errorf("got %v, want out of stock because they are held, none available", err)
				}
			})
		}
		buyers.Wait()
		if won.Load() != 4 {
			t.Errorf("got %d that hold one, want 4", won.Load())
		}
		if err := here.tryKeep("paid-too", 4, "lamp"); err != nil {
			t.Errorf("without end: got %v, want none: the share binds orders that are not paid only", err)
		}
		if err := here.tryHold("the-last", 1, "last"); err != nil {
			t.Errorf("the last piece: got %v, want none: one may always be held", err)
		}
		if err := here.tryHold("too-many", 20, "lamp"); !contract.Is(err, outOfStock) || contract.Metadata(err, "held") != "" {
			t.Errorf("got %v, want out of stock, for there are not so many", err)
		}
		here.wantBalance(t)
	})
}
