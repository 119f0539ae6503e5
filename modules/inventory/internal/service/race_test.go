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

func TestHundredBuyersForTenItemsGetExactlyTen(t *testing.T) {
	each(t, func(t *testing.T, _ *database.DB, here, there *Service) {
		here.shelve(t, 10, "lamp")
		var won, lost atomic.Int64
		var buyers sync.WaitGroup
		for i := range 100 {
			buyers.Go(func() {
				s := []*Service{here, there}[i%2]
				order := fmt.Sprintf("order-%d", i)
				switch err := s.tryReserve(order, 1, "lamp"); {
				case contract.Is(err, inventoryv1.Reason_REASON_OUT_OF_STOCK):
					lost.Add(1)
				case err != nil:
					t.Errorf("reserve: got %v, want a lamp or out of stock", err)
				default:
					won.Add(1)
					if err := s.tryCommit(order); err != nil {
						t.Errorf("commit: got %v, want none", err)
					}
				}
			})
		}
		buyers.Wait()
		if won.Load() != 10 || lost.Load() != 90 {
			t.Errorf("got %d sold and %d turned away, want 10 and 90", won.Load(), lost.Load())
		}
		here.wantBooks(t, "lamp", 0, 0, 10)
	})
}

func TestOrdersThatNameTheSameSkusInOppositeOrderAllGetThem(t *testing.T) {
	each(t, func(t *testing.T, _ *database.DB, here, there *Service) {
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
				if err := s.tryReserve(order, 1, names...); err != nil {
					t.Errorf("reserve: got %v, want none", err)
				}
				end := s.tryCommit
				if i%3 == 0 {
					end = s.tryRelease
				}
				if err := end(order); err != nil {
					t.Errorf("end order %d: got %v, want none", i, err)
				}
			})
		}
		orders.Wait()
		for _, sku := range up {
			here.wantBooks(t, sku, 60, 0, 40)
		}
	})
}

func TestAnOrderThatIsCommittedAndReleasedAtOnceEndsReleased(t *testing.T) {
	each(t, func(t *testing.T, _ *database.DB, here, there *Service) {
		here.shelve(t, 10, "lamp")
		for i := range 20 {
			order := fmt.Sprintf("order-%d", i)
			if err := here.tryReserve(order, 1, "lamp"); err != nil {
				t.Fatal(err)
			}
			var both sync.WaitGroup
			both.Go(func() {
				if err := here.tryCommit(order); err != nil && !contract.Is(err, inventoryv1.Reason_REASON_RELEASED) {
					t.Errorf("commit: got %v, want none or released", err)
				}
			})
			both.Go(func() {
				if err := there.tryRelease(order); err != nil {
					t.Errorf("release: got %v, want none", err)
				}
			})
			both.Wait()
		}
		here.wantBooks(t, "lamp", 10, 0, 0)
	})
}
