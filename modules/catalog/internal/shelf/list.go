package shelf

import "galleria/modules/catalog/internal/product"

// Query says which active products to list.
type Query struct {
	Category string   // slug; "": all
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
	// Facets are those of all pages; nil when not asked for.
	Facets *Facets
}

// List gets one page. The page begins behind the key where the one before ended,
// whether or not that product is still there: nothing is shown twice or left out
// because of what came or went.
func (s *Shelf) List(q Query) Page {
	from := s.all
	if q.Category != "" {
		from = s.byCategory[q.Category]
	}
	if q.plain() {
		return q.newest(from)
	}
	picked := newPicker(q)
	var counted *facetCount
	if q.Facets {
		counted = newFacetCount(s.marks, q.Currency)
	}
	take := func(it *item, rank int) {
		if q.matches(it) {
			picked.add(it, rank)
			if counted != nil {
				counted.add(it)
			}
		}
	}
	if len(q.Words) > 0 {
		s.search(q.Words, take)
	} else {
		for it := range from.all() {
			take(it, 0)
		}
	}
	page := picked.page()
	if counted != nil {
		page.Facets = counted.facets()
	}
	return page
}

// plain tells whether the list is a part of an order that is there already.
func (q Query) plain() bool {
	return len(q.Words) == 0 && len(q.Tags) == 0 && len(q.Options) == 0 && !q.bounded() && q.Sort == Newest && !q.Facets
}

func (q *Query) bounded() bool { return q.Min > 0 || q.Max > 0 }

func (q Query) newest(from order) Page {
	page := Page{Total: from.count, Products: make([]*product.Product, 0, min(q.Size, from.count))}
	born := int64(0)
	if q.After != nil {
		born = q.After.Born
	}
	var last *item
	for it := range from.olderThan(born) {
		if len(page.Products) == q.Size {
			key := last.key(0, "")
			page.Last = &key
			break
		}
		page.Products = append(page.Products, &it.Product)
		last = it
	}
	return page
}

// matches is asked of each product of a list, so q is not copied for it.
func (q *Query) matches(it *item) bool {
	if q.Category != "" && it.Category() != q.Category || !it.HasTags(q.Tags) {
		return false
	}
	for _, o := range q.Options {
		if !it.Sells(o.Option, o.Value) {
			return false
		}
	}
	if !q.bounded() {
		return true
	}
	price := it.price(q.Currency)
	return price != unpriced && price >= q.Min && (q.Max == 0 || price <= q.Max)
}
