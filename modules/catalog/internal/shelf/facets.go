package shelf

import (
	"cmp"
	"slices"
	"strings"
)

// mostFacets bounds the values of one facet.
const mostFacets = 50

// Facets count what the products of a list have, the most frequent first.
type Facets struct {
	Categories, Tags   []Count
	Options            []OptionCounts
	MinPrice, MaxPrice int64 // 0 when nothing has a price
}

// Count is how many products have a value.
type Count struct {
	Value    string
	Products int
}

// OptionCounts are the values of one option.
type OptionCounts struct {
	Name   string
	Values []Count
}

type facetCount struct {
	marks  *marks
	counts []int32 // by number of the mark
	low    int64
	high   int64
}

func newFacetCount(m *marks) *facetCount {
	return &facetCount{marks: m, counts: make([]int32, len(m.snapshot())), low: unpriced}
}

// add counts a product by its marks and its price.
func (f *facetCount) add(marks []uint32, price int64) {
	for _, n := range marks {
		f.counts[n]++
	}
	if price != unpriced {
		if f.low == unpriced || price < f.low {
			f.low = price
		}
		f.high = max(f.high, price)
	}
}

// facets are what was counted, without withdrawn categories.
func (f *facetCount) facets(withdrawn map[string]bool) *Facets {
	result := &Facets{MinPrice: max(f.low, 0), MaxPrice: f.high}
	known := f.marks.snapshot()
	options := map[string][]Count{}
	for n, products := range f.counts {
		if products == 0 {
			continue
		}
		m, c := known[n], Count{known[n].value, int(products)}
		switch m.kind {
		case categoryMark:
			if !withdrawn[m.value] {
				result.Categories = append(result.Categories, c)
			}
		case tagMark:
			result.Tags = append(result.Tags, c)
		case optionMark:
			options[m.option] = append(options[m.option], c)
		}
	}
	result.Categories, result.Tags = mostFrequent(result.Categories), mostFrequent(result.Tags)
	for name, values := range options {
		result.Options = append(result.Options, OptionCounts{name, mostFrequent(values)})
	}
	slices.SortFunc(result.Options, func(a, b OptionCounts) int { return strings.Compare(a.Name, b.Name) })
	return result
}

func mostFrequent(counts []Count) []Count {
	slices.SortFunc(counts, func(a, b Count) int {
		return cmp.Or(cmp.Compare(b.Products, a.Products), strings.Compare(a.Value, b.Value))
	})
	return counts[:min(len(counts), mostFacets)]
}
