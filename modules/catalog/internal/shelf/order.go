package shelf

import (
	"cmp"
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

// Key is a product's place in any order. As every product has another Born,
// no two keys are equal.
type Key struct {
	Rank  int    // how well the product matches a search
	Price int64  // in minor units
	Name  string // folded
	Born  int64
}

func (it *item) key(rank int) Key {
	return Key{Rank: rank, Price: it.PriceMinor(), Name: it.name, Born: it.Born()}
}

// compare is below 0 when a stands before b.
func (s Sort) compare(a, b Key) int {
	newer := cmp.Compare(b.Born, a.Born)
	switch s {
	case Cheapest:
		return cmp.Or(cmp.Compare(a.Price, b.Price), newer)
	case Dearest:
		return cmp.Or(cmp.Compare(b.Price, a.Price), newer)
	case ByName:
		return cmp.Or(strings.Compare(a.Name, b.Name), newer)
	default:
		return cmp.Or(cmp.Compare(b.Rank, a.Rank), newer)
	}
}

// order holds the same active products in each order.
type order struct{ newest, cheapest, dearest, byName []*item }

func (o order) by(s Sort) []*item {
	switch s {
	case Cheapest:
		return o.cheapest
	case Dearest:
		return o.dearest
	case ByName:
		return o.byName
	default:
		return o.newest
	}
}

// change makes the order without some items and with others, in one walk
// instead of a new sort of everything.
func (o order) change(gone map[*item]bool, added []*item) order {
	return order{
		newest:   merge(Newest, o.newest, gone, added),
		cheapest: merge(Cheapest, o.cheapest, gone, added),
		dearest:  merge(Dearest, o.dearest, gone, added),
		byName:   merge(ByName, o.byName, gone, added),
	}
}

func merge(s Sort, old []*item, gone map[*item]bool, added []*item) []*item {
	added = slices.Clone(added)
	slices.SortFunc(added, func(a, b *item) int { return s.compare(a.key(0), b.key(0)) })
	merged := make([]*item, 0, len(old)+len(added))
	for _, it := range old {
		if gone[it] {
			continue
		}
		for len(added) > 0 && s.compare(added[0].key(0), it.key(0)) < 0 {
			merged, added = append(merged, added[0]), added[1:]
		}
		merged = append(merged, it)
	}
	return append(merged, added...)
}
