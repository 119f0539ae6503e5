package shelf

import (
	"cmp"
	"slices"

	"galleria/modules/catalog/internal/product"
)

// After are up to size products that were made after another one, inactive ones
// too, oldest first, and whether there are more. born is the age of that one; 0:
// from the first on. Wanted may be nil: every one is. It looks at all products, but sorts only a few.
func (s *Shelf) After(born int64, size int, wanted func(*product.Product) bool) (found []*product.Product, more bool) {
	var picked []*item
	newest := int64(-1) // of the picked ones, once there are enough
	cut := func() {
		slices.SortFunc(picked, func(a, b *item) int { return cmp.Compare(a.born, b.born) })
		if len(picked) > size {
			picked = picked[:size+1] // one more tells that there are more
			newest = picked[size].born
		}
	}
	for _, part := range s.slots.parts {
		for _, it := range part {
			if it == nil || it.born <= born || newest >= 0 && it.born >= newest {
				continue
			}
			if wanted != nil && !wanted(it.record.unpack()) {
				continue
			}
			if picked = append(picked, it); len(picked) >= 4*(size+1) {
				cut()
			}
		}
	}
	cut()
	if more = len(picked) > size; more {
		picked = picked[:size]
	}
	return unpackAll(picked), more
}
