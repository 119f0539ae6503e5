package shelf

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// Sort is an order products are listed in.
type Sort int

// The orders.
const (
	Newest Sort = iota
	Cheapest
	Dearest
	ByName
)

// Key is a product's place in an order: what does not count in it is left out. As
// every product has another Born, no two keys are equal.
type Key struct {
	Rank  int    // how well the product matches a search
	Price int64  // in minor units; below zero: none
	Name  string // folded
	Born  int64
}

// compare is below 0 when a comes before b.
func (s Sort) compare(a, b *Key) int {
	newer := cmp.Compare(b.Born, a.Born)
	switch s {
	case Cheapest, Dearest:
		return cmp.Or(cmp.Compare(s.place(0, a.Price), s.place(0, b.Price)), newer)
	case ByName:
		return cmp.Or(strings.Compare(a.Name, b.Name), newer)
	default:
		return cmp.Or(cmp.Compare(b.Rank, a.Rank), newer)
	}
}

// place is a number that is lower for what comes first, in all orders but that by
// name. Products of one place go newest first.
func (s Sort) place(rank int, price int64) int64 {
	switch {
	case s == Newest:
		return -int64(rank)
	case price == unpriced:
		return math.MaxInt64 // last
	case s == Dearest:
		return -price
	}
	return price
}

// best keeps those products of a segment that a page may need, in any order but that
// by name. They are added newest first, so that one can be refused by its place alone.
type best struct {
	needed int
	chosen []placed
	full   bool // as many were chosen as are needed: only lower places than worst count
	worst  int64
}

type placed struct {
	place int64
	doc   int
}

func (b *best) add(doc int, place int64) {
	if b.full && place >= b.worst {
		return
	}
	if b.chosen = append(b.chosen, placed{place, doc}); len(b.chosen) == 4*b.needed {
		b.cut()
	}
}

func (b *best) cut() {
	slices.SortFunc(b.chosen, func(a, b placed) int { return cmp.Or(cmp.Compare(a.place, b.place), cmp.Compare(a.doc, b.doc)) })
	if len(b.chosen) >= b.needed {
		b.chosen = b.chosen[:b.needed]
		b.full, b.worst = true, b.chosen[b.needed-1].place
	}
}
