package shelf

import (
	"hash/maphash"
	"slices"
)

// index finds the slots of products by a text that they have: 8 bytes for each, as the
// texts themselves are in the records. It never changes: an edit makes another one
// that shares all parts but those it writes to. The zero value is empty.
type index struct {
	parts [][]uint64 // of a text: 32 bits of its hash, and the slot; sorted
}

// hash gives the part that a text belongs to, and the upper half of its entry.
func hash(key string) (part int, upper uint64) {
	h := maphash.String(seed, key)
	return int(h % shards), h &^ (1<<32 - 1)
}

// slots are those of all products that may have the text: hashes can be alike.
func (x index) slots(key string) func(yield func(slot uint32) bool) {
	return func(yield func(slot uint32) bool) {
		if x.parts == nil {
			return
		}
		part, upper := hash(key)
		entries := x.parts[part]
		at, _ := slices.BinarySearch(entries, upper)
		for ; at < len(entries) && entries[at]&^(1<<32-1) == upper; at++ {
			if !yield(uint32(entries[at])) {
				return
			}
		}
	}
}

func (x index) edit() *indexEdit {
	e := &indexEdit{parts: make([][]uint64, shards)}
	copy(e.parts, x.parts)
	return e
}

// indexEdit copies each part before it is first written to.
type indexEdit struct {
	parts [][]uint64
	ours  [shards]bool
}

func (e *indexEdit) part(i int) []uint64 {
	if !e.ours[i] {
		e.ours[i] = true
		e.parts[i] = append(make([]uint64, 0, len(e.parts[i])+1), e.parts[i]...)
	}
	return e.parts[i]
}

func (e *indexEdit) put(key string, slot uint32) {
	i, upper := hash(key)
	part := e.part(i)
	at, _ := slices.BinarySearch(part, upper|uint64(slot))
	e.parts[i] = slices.Insert(part, at, upper|uint64(slot))
}

func (e *indexEdit) remove(key string, slot uint32) {
	i, upper := hash(key)
	part := e.part(i)
	if at, found := slices.BinarySearch(part, upper|uint64(slot)); found {
		e.parts[i] = slices.Delete(part, at, at+1)
	}
}

func (e *indexEdit) index() index { return index{e.parts} }
