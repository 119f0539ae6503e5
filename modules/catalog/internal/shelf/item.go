package shelf

import (
	"slices"
	"sync"

	"galleria/modules/catalog/internal/product"
)

// item is a product with what searching and sorting need prepared.
type item struct {
	product.Product
	slot   int
	name   string // folded
	lowest []lowest
	marks  []uint32
}

// lowest is what the cheapest active variant costs in a currency.
type lowest struct {
	currency string
	amount   int64
}

// unpriced is the price of what has none in a currency.
const unpriced = -1

func (s *Shelf) newItem(p product.Product, slot int) *item {
	it := &item{Product: p, slot: slot, name: product.Fold(p.Name())}
	for _, v := range p.Facts().Variants {
		for _, price := range v.Prices {
			if it.price(price.Currency) != unpriced {
				continue
			}
			if amount, priced := p.Lowest(price.Currency); priced {
				it.lowest = append(it.lowest, lowest{price.Currency, amount})
			}
		}
	}
	it.lowest = slices.Clip(it.lowest)
	it.marks = s.marks.of(&p)
	return it
}

func (it *item) price(currency string) int64 {
	for _, l := range it.lowest {
		if l.currency == currency {
			return l.amount
		}
	}
	return unpriced
}

// mark is something that many products share and lists are narrowed by: a
// category, a tag, or a value of an option.
type mark struct {
	kind          markKind
	option, value string
}

type markKind int

const (
	categoryMark markKind = iota
	tagMark
	optionMark
)

// marks gives each mark a small number, so that counting is adding to a slice.
// Numbers are never taken back. Safe for concurrent use.
type marks struct {
	mu      sync.RWMutex
	numbers map[mark]uint32
	known   []mark
}

func newMarks() *marks { return &marks{numbers: map[mark]uint32{}} }

// of are a product's, each once.
func (m *marks) of(p *product.Product) []uint32 {
	f := p.Facts()
	all := make([]uint32, 0, 1+len(f.Tags))
	add := func(what mark) {
		if n := m.number(what); !slices.Contains(all, n) {
			all = append(all, n)
		}
	}
	add(mark{categoryMark, "", f.Category})
	for _, t := range f.Tags {
		add(mark{tagMark, "", t})
	}
	for i := range f.Variants {
		v := &f.Variants[i]
		for j, value := range v.OptionValues {
			if v.Active {
				add(mark{optionMark, f.Options[j].Name, value})
			}
		}
	}
	return slices.Clip(all)
}

func (m *marks) number(what mark) uint32 {
	m.mu.Lock()
	defer m.mu.Unlock()
	n, known := m.numbers[what]
	if !known {
		n = uint32(len(m.known))
		m.numbers[what] = n
		m.known = append(m.known, what)
	}
	return n
}

// snapshot are all marks by their numbers. Read only.
func (m *marks) snapshot() []mark {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.known
}
