package inventorytest

import (
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	inventoryv1 "galleria/modules/inventory/v1"

	"galleria/platform/id"
)

// RunExpiry tests what becomes of holds that have ended, on a world that looks for
// them often.
func RunExpiry(t *testing.T, w World) {
	for name, run := range map[string]func(*testing.T, shop){
		"goods whose hold has ended are given back":   goodsGoBack,
		"an ended hold is taken again":                takeAgain,
		"an ended hold is refused when goods are out": takeTooLate,
		"an ended hold is released without a second return": func(t *testing.T, s shop) {
			sku, order := s.sku(5), id.New()
			s.briefly(order, line(sku, 2))
			s.untilBack(sku, 5)
			s.works(s.release(order))
			s.level(sku, 5, 0)
			s.fails(s.keep(order, line(sku, 2)), codes.FailedPrecondition, released)
		},
		"what was shipped or released before is not given back, nor taken again": func(t *testing.T, s shop) {
			sku, order := s.sku(9), id.New()
			s.briefly(order, line(sku, 4))
			s.works(s.ship(order, id.New(), line(sku, 1)))
			s.works(s.releaseLines(order, id.New(), line(sku, 1)))
			s.untilBack(sku, 8)
			s.works(s.keep(order, line(sku, 4)))
			s.level(sku, 8, 2)
		},
		"an allocation without end does not expire": func(t *testing.T, s shop) {
			sku, watch := s.sku(5), s.sku(5)
			kept := id.New()
			s.briefly(kept, line(sku, 2))
			s.works(s.keep(kept, line(sku, 2)))
			s.briefly(id.New(), line(watch, 2))
			s.untilBack(watch, 5)
			s.level(sku, 5, 2)
		},
	} {
		t.Run(name, func(t *testing.T) { run(t, shop{w, t}) })
	}
}

// briefly holds goods for long enough that a test can look at them, and no longer.
func (s shop) briefly(order string, lines ...*inventoryv1.Line) {
	s.t.Helper()
	_, err := s.holdFor(300*time.Millisecond, order, lines...)
	s.works(err)
}

func goodsGoBack(_ *testing.T, s shop) {
	a, b, order := s.sku(5), s.sku(5), id.New()
	s.briefly(order, line(a, 2), line(b, 3))
	s.untilBack(a, 5)
	s.level(b, 5, 0)
}

func takeAgain(_ *testing.T, s shop) {
	sku, order := s.sku(5), id.New()
	s.briefly(order, line(sku, 2))
	s.untilBack(sku, 5)
	s.works(s.keep(order, line(sku, 2)))
	s.works(s.keep(order, line(sku, 2)))
	s.level(sku, 5, 2)
	s.works(s.release(order))
	s.level(sku, 5, 0)
}

func takeTooLate(_ *testing.T, s shop) {
	sku, order := s.sku(2), id.New()
	s.briefly(order, line(sku, 2))
	s.untilBack(sku, 2)
	s.count(sku, "", 1)
	s.fails(s.keep(order, line(sku, 2)), codes.FailedPrecondition, outOfStock)
	s.level(sku, 1, 0)
	s.count(sku, "", 2)
	s.works(s.keep(order, line(sku, 2)))
	s.level(sku, 2, 2)
}

// untilBack waits until that many are available.
func (s shop) untilBack(sku string, available int64) {
	s.t.Helper()
	for {
		got, err := s.Inventory.GetLevels(s.t.Context(), &inventoryv1.GetLevelsRequest{Skus: []string{sku}})
		s.works(err)
		if got.GetLevels()[0].GetAvailable() == available {
			return
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-s.t.Context().Done():
			s.t.Fatalf("%s: %d did not come back: got %v", sku, available, got.GetLevels()[0])
		}
	}
}
