package shelf

import (
	"slices"

	"galleria/modules/catalog/internal/product"
)

// Query says which active products to list.
type Query struct {
	Category string   // slug; "": all. A withdrawn one has no products
	Words    []string // as Words makes them; none: no search
	Tags     []string // all of them
	Options  []Choice // all of them
	Currency string   // of Min, Max and orders by price
	Min, Max int64    // price in minor units, inclusive; Max 0: no upper bound
	Sort     Sort     // Newest in a search: best match first
	After    *Key     // where the page before ended; nil: from the start
	Size     int
	Facets   bool // count them
}

// Choice is one value of an option.
type Choice struct{ Option, Value string }

// Page is one page of a list.
type Page struct {
	Products []*product.Product
	// Last is the key of the last product when more follow, else nil.
	Last *Key
	// Total counts the products of all pages.
	Total int
	// Facets are those of all pages; nil when not asked for. Read only.
	Facets *Facets
}

// List gets one page. The page begins behind the key where the one before ended,
// whether or not that product is still there: nothing is shown twice or left out
// because of what came or went.
func (s *Shelf) List(q Query) Page {
	var f found
	if s.withdrawn[q.Category] {
		if q.Facets {
			f.facets = &Facets{}
		}
	} else if q.plain() {
		f = s.newest(&q)
	} else {
		f = s.lists.get(q, s.look)
	}
	return Page{Products: unpackAll(f.items), Last: f.last, Total: f.total, Facets: f.facets}
}

// found is a page as it is remembered.
type found struct {
	items  []*item
	last   *Key
	total  int
	facets *Facets
}

func unpackAll(items []*item) []*product.Product {
	u, all := unpacker{texts: make([]string, 4*len(items))}, make([]*product.Product, len(items))
	for i, it := range items {
		all[i] = u.product(it.record)
	}
	return all
}

// plain tells whether the list is a part of an order that is there already.
func (q *Query) plain() bool {
	return len(q.Words) == 0 && len(q.Tags) == 0 && len(q.Options) == 0 && !q.bounded() && q.Sort == Newest && !q.Facets
}

func (q *Query) bounded() bool { return q.Min > 0 || q.Max > 0 }

func (s *Shelf) newest(q *Query) found {
	from := s.all
	if q.Category != "" {
		from = s.byCategory[q.Category]
	}
	f, born := found{total: from.count, items: make([]*item, 0, min(q.Size, from.count))}, int64(0)
	if q.After != nil {
		born = q.After.Born
	}
	for it := range from.olderThan(born) {
		if len(f.items) == q.Size {
			f.last = &Key{Born: f.items[q.Size-1].born}
			break
		}
		f.items = append(f.items, it)
	}
	return f
}

// look goes through all products: by columns, which takes some nanoseconds for each.
func (s *Shelf) look(q *Query) found {
	w := walk{query: q, needed: q.Size + 1} // one more tells whether there is another page
	if !w.marks(s.marks) {
		return found{facets: w.facets(s.withdrawn)}
	}
	matches := s.matches(q.Words)
	for i := range s.leaves {
		w.leaf(&s.leaves[i], matches[i])
	}
	slices.SortFunc(w.chosen, func(a, b keyed) int { return q.Sort.compare(&a.Key, &b.Key) })
	f := found{total: w.total, facets: w.facets(s.withdrawn)}
	if len(w.chosen) > q.Size {
		w.chosen = w.chosen[:q.Size]
		f.last = &w.chosen[q.Size-1].Key
	}
	for _, c := range w.chosen {
		f.items = append(f.items, c.item)
	}
	return f
}
