package shelf

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"
)

// fan is how many segments of like size there may be, less one: as many are joined.
// So there are few of them, and each product is moved only a few times.
const fan = 4

// merged keeps the leaves few: it joins the last ones while they are of like size, and
// makes one anew of which half is gone.
func merged(leaves []leaf) []leaf {
	for i, l := range leaves {
		if 2*l.count > len(l.docs) {
			leaves[i] = leaf{segment: join(leaves[i : i+1])}
		}
	}
	leaves = slices.DeleteFunc(leaves, func(l leaf) bool { return len(l.docs) == 0 })
	for len(leaves) >= fan {
		last := leaves[len(leaves)-fan:]
		if slices.ContainsFunc(last, func(l leaf) bool { return level(l) > level(last[fan-1]) }) {
			break
		}
		leaves = append(slices.Clone(leaves[:len(leaves)-fan]), leaf{segment: join(last)})
	}
	return leaves
}

// level tells sizes apart by powers of fan.
func level(l leaf) int { return bits.Len(uint(len(l.docs))) / 2 }

const nowhere = ^uint32(0)

// join makes one segment of several, without what is gone.
func join(leaves []leaf) *segment {
	s := &segment{prices: map[string][]int64{}}
	numbers := make([][]uint32, len(leaves)) // new ones, by leaf and old number
	total, marks := 0, 0
	for i, l := range leaves {
		numbers[i] = make([]uint32, len(l.docs))
		total, marks = total+len(l.docs)-l.count, marks+len(l.marks)
	}
	s.docs, s.starts = make([]*item, 0, total), make([]uint32, 0, total+1)
	s.marks = make([]uint32, 0, marks)
	at := make([]int, len(leaves))
	for {
		from := -1
		for i, l := range leaves {
			for at[i] < len(l.docs) && l.gone.has(at[i]) {
				numbers[i][at[i]] = nowhere
				at[i]++
			}
			if at[i] < len(l.docs) && (from < 0 || newerFirst(l.docs[at[i]], leaves[from].docs[at[from]]) < 0) {
				from = i
			}
		}
		if from < 0 {
			break
		}
		l, doc := leaves[from], at[from]
		numbers[from][doc] = uint32(len(s.docs))
		s.docs = append(s.docs, l.docs[doc])
		s.starts = append(s.starts, uint32(len(s.marks)))
		s.marks = append(s.marks, l.marksOf(doc)...)
		at[from]++
	}
	s.starts = append(s.starts, uint32(len(s.marks)))
	s.marks = slices.Clip(s.marks)
	for i, l := range leaves {
		for currency, prices := range l.prices {
			column := s.column(currency)
			for doc, n := range numbers[i] {
				if n != nowhere {
					column[n] = prices[doc]
				}
			}
		}
	}
	s.byName = joinNames(leaves, numbers, total)
	s.words = joinWords(leaves, numbers)
	return s
}

// joinNames merges the orders by name.
func joinNames(leaves []leaf, numbers [][]uint32, total int) []uint32 {
	type head struct {
		name string
		doc  uint32 // new number
		rest []uint32
	}
	heads := make([]head, len(leaves))
	next := func(i int) {
		h := &heads[i]
		for len(h.rest) > 0 {
			old := h.rest[0]
			h.rest = h.rest[1:]
			if h.doc = numbers[i][old]; h.doc != nowhere {
				h.name = leaves[i].name(old)
				return
			}
		}
		h.doc = nowhere
	}
	for i, l := range leaves {
		heads[i].rest = l.byName
		next(i)
	}
	merged := make([]uint32, 0, total)
	for {
		first := -1
		for i, h := range heads {
			if h.doc != nowhere && (first < 0 || cmp.Or(strings.Compare(h.name, heads[first].name), cmp.Compare(h.doc, heads[first].doc)) < 0) {
				first = i
			}
		}
		if first < 0 {
			return merged
		}
		merged = append(merged, heads[first].doc)
		next(first)
	}
}
