package shelf

import (
	"cmp"
	"slices"
	"sort"

	"galleria/modules/catalog/internal/product"
)

// segment is what lists and searches look at of some active products: columns, in which
// each product has the same number, and an index of their words. It never changes; a
// product that was replaced or withdrawn is still in it, and marked in the leaf.
type segment struct {
	docs   []*item            // newest first
	marks  []uint32           // of all products, one after the other; the category is the first of each
	starts []uint32           // of each product's marks, and the end of the last one's
	prices map[string][]int64 // by currency, the lowest of the active variants
	byName []uint32           // numbers of the products by name, then newest first
	words  words
}

// fresh is an item with what a segment is made of.
type fresh struct {
	*item
	product *product.Product
}

func newSegment(items []fresh, m *marks) *segment {
	slices.SortFunc(items, func(a, b fresh) int { return newerFirst(a.item, b.item) })
	s := &segment{docs: make([]*item, len(items)), prices: map[string][]int64{}, byName: make([]uint32, len(items))}
	names := make([]string, len(items))
	for doc, it := range items {
		s.docs[doc] = it.item
		s.starts = append(s.starts, uint32(len(s.marks)))
		s.marks = append(s.marks, m.of(it.product)...)
		for _, l := range lowestPrices(it.product) {
			s.column(l.currency)[doc] = l.amount
		}
		names[doc], s.byName[doc] = product.Fold(it.product.Name()), uint32(doc)
	}
	s.starts = append(s.starts, uint32(len(s.marks)))
	s.marks, s.starts = slices.Clip(s.marks), slices.Clip(s.starts)
	slices.SortFunc(s.byName, func(a, b uint32) int { return cmp.Or(cmp.Compare(names[a], names[b]), cmp.Compare(a, b)) })
	s.words = newWords(items)
	return s
}

// column is that of a currency, for a segment that is being made.
func (s *segment) column(currency string) []int64 {
	column, known := s.prices[currency]
	if !known {
		column = make([]int64, len(s.docs))
		for doc := range column {
			column[doc] = unpriced
		}
		s.prices[currency] = column
	}
	return column
}

func (s *segment) marksOf(doc int) []uint32 { return s.marks[s.starts[doc]:s.starts[doc+1]] }

// olderThan is the number of the first product that was made before another one.
func (s *segment) olderThan(born int64) int {
	return sort.Search(len(s.docs), func(i int) bool { return s.docs[i].born < born })
}

// behind is the place in the order of names behind a key.
func (s *segment) behind(k *Key) int {
	return sort.Search(len(s.byName), func(i int) bool {
		doc := s.byName[i]
		return ByName.compare(&Key{Name: s.name(doc), Born: s.docs[doc].born}, k) > 0
	})
}

// name is a product's, folded.
func (s *segment) name(doc uint32) string { return product.Fold(s.docs[doc].record.name()) }

// leaf is a segment as one shelf has it: without the products that are gone since.
type leaf struct {
	*segment
	gone  set // nil while all are there
	count int // of those that are gone
}

// set is a set of small numbers.
type set []uint64

func newSet(n int) set { return make(set, (n+63)/64) }

func (s set) has(n int) bool { return s != nil && s[n/64]&(1<<(n%64)) != 0 }

func (s set) add(n int) { s[n/64] |= 1 << (n % 64) }

// without marks items that are gone, in leaves that are this shelf's own.
func without(leaves []leaf, gone []*item) {
	ours := make([]bool, len(leaves))
	for _, it := range gone {
		for i := range leaves {
			l := &leaves[i]
			doc := l.olderThan(it.born + 1)
			if doc == len(l.docs) || l.docs[doc] != it {
				continue
			}
			switch {
			case l.gone == nil:
				l.gone = newSet(len(l.docs))
			case !ours[i]:
				l.gone = slices.Clone(l.gone)
			}
			ours[i] = true
			l.gone.add(doc)
			l.count++
			break
		}
	}
}
