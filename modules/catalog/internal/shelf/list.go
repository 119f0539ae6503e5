package shelf

import (
	"slices"
	"sort"
	"strings"
	"unicode"

	"galleria/modules/catalog/internal/product"
)

// Query says which active products to list.
type Query struct {
	Category string   // slug; "": all
	Words    []string // as Words makes them; none: no search
	Tags     []string // all of them
	Min, Max int64    // price in minor units, inclusive; Max 0: no upper bound
	Sort     Sort     // Newest in a search: best match first
	After    *Key     // where the page before ended; nil: from the start
	Size     int
}

// Page is one page of a list.
type Page struct {
	Products []*product.Product
	// Last is the key of the last product when more follow, else nil.
	Last *Key
	// Total counts the products of all pages.
	Total int
}

// Words are what a search looks for, each once. Signs between spaces, as the &
// in "salt & pepper", are no words unless there is nothing else.
func Words(query string) []string {
	words := strings.Fields(product.Fold(query))
	slices.Sort(words)
	words = slices.Compact(words)
	real := slices.DeleteFunc(slices.Clone(words), func(word string) bool {
		return !strings.ContainsFunc(word, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
	})
	if len(real) > 0 {
		return real
	}
	return words
}

// List gets one page.
func (s *Shelf) List(q Query) Page {
	from := s.all
	if q.Category != "" {
		from = s.byCategory[q.Category]
	}
	sorted := from.by(q.Sort)
	switch {
	case len(q.Words) > 0 && q.Sort == Newest:
		return q.ranked(sorted)
	case len(q.Words) == 0 && len(q.Tags) == 0 && q.Min <= 0 && q.Max == 0:
		return q.page(sorted, nil)
	}
	matching := make([]*item, 0, len(sorted))
	for _, it := range sorted {
		if q.matches(it) {
			matching = append(matching, it)
		}
	}
	return q.page(matching, nil)
}

// ranked puts the best matches first; the rest of the order is as given.
func (q Query) ranked(sorted []*item) Page {
	type match struct {
		*item
		rank int
	}
	var matching []match
	for _, it := range sorted {
		if q.matches(it) {
			matching = append(matching, match{it, rank(it.name, q.Words)})
		}
	}
	slices.SortStableFunc(matching, func(a, b match) int { return b.rank - a.rank })
	items, ranks := make([]*item, len(matching)), make([]int, len(matching))
	for i, m := range matching {
		items[i], ranks[i] = m.item, m.rank
	}
	return q.page(items, ranks)
}

// page cuts one page out of all that match, in order. The page begins behind
// the key where the one before ended, whether or not that product is still
// there: nothing is shown twice or left out because of what came or went.
func (q Query) page(matching []*item, ranks []int) Page {
	key := func(i int) Key {
		if ranks == nil {
			return matching[i].key(0)
		}
		return matching[i].key(ranks[i])
	}
	start := 0
	if q.After != nil {
		start = sort.Search(len(matching), func(i int) bool { return q.Sort.compare(*q.After, key(i)) < 0 })
	}
	end := min(start+q.Size, len(matching))
	page := Page{Total: len(matching), Products: make([]*product.Product, 0, end-start)}
	for _, it := range matching[start:end] {
		page.Products = append(page.Products, &it.Product)
	}
	if end < len(matching) {
		last := key(end - 1)
		page.Last = &last
	}
	return page
}

func (q Query) matches(it *item) bool {
	price := it.PriceMinor()
	if price < q.Min || q.Max > 0 && price > q.Max || !it.HasTags(q.Tags) {
		return false
	}
	for _, word := range q.Words {
		if !strings.Contains(it.text, word) {
			return false
		}
	}
	return true
}
