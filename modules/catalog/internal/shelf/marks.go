package shelf

import (
	"slices"
	"strings"
	"sync"

	"galleria/modules/catalog/internal/product"
)

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
		what.option, what.value = strings.Clone(what.option), strings.Clone(what.value) // else it may keep a whole record
		m.numbers[what] = n
		m.known = append(m.known, what)
	}
	return n
}

// find is the number of a mark that some product has or had.
func (m *marks) find(what mark) (n uint32, known bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	n, known = m.numbers[what]
	return n, known
}

// snapshot are all marks by their numbers. Read only.
func (m *marks) snapshot() []mark {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.known
}
