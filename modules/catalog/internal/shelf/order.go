package shelf

import (
	"iter"
	"slices"
	"sort"
)

// full is how many products a part of an order holds before it is split.
const full = 256

// order is active products, newest first. It never changes: change makes another
// one that shares all parts but those it writes to. The zero value is empty.
type order struct {
	parts [][]*item // each sorted, none empty
	count int
}

// change is the order without some items and with others.
func (o order) change(gone, added []*item) order {
	if len(gone) == 0 && len(added) == 0 {
		return o
	}
	next := order{parts: slices.Clone(o.parts), count: o.count + len(added) - len(gone)}
	changes := map[int]*partChange{}
	at := func(it *item) *partChange {
		i := next.part(it.born)
		if changes[i] == nil {
			changes[i] = &partChange{}
		}
		return changes[i]
	}
	for _, it := range gone {
		c := at(it)
		c.gone = append(c.gone, it)
	}
	for _, it := range added {
		c := at(it)
		c.added = append(c.added, it)
	}
	var where []int
	for i := range changes {
		where = append(where, i)
	}
	slices.Sort(where)
	for _, i := range slices.Backward(where) { // so that splits move only parts that are done
		var old []*item
		end := i
		if i < len(next.parts) {
			old, end = next.parts[i], i+1
		}
		next.parts = slices.Replace(next.parts, i, end, split(changes[i].apply(old))...)
	}
	return next
}

type partChange struct{ gone, added []*item }

func (c *partChange) apply(old []*item) []*item {
	part := make([]*item, 0, len(old)+len(c.added))
	for _, it := range old {
		if !slices.Contains(c.gone, it) {
			part = append(part, it)
		}
	}
	part = append(part, c.added...)
	slices.SortFunc(part, newerFirst)
	return part
}

func newerFirst(a, b *item) int {
	switch {
	case a.born > b.born:
		return -1
	case a.born < b.born:
		return 1
	}
	return 0
}

// split keeps parts short.
func split(part []*item) (parts [][]*item) {
	for len(part) > full {
		parts = append(parts, slices.Clone(part[:full/2]))
		part = part[full/2:]
	}
	if len(part) > 0 {
		parts = append(parts, part)
	}
	return parts
}

// part is where a product of that age is, or has to be.
func (o order) part(born int64) int {
	i := sort.Search(len(o.parts), func(i int) bool {
		part := o.parts[i]
		return part[len(part)-1].born <= born
	})
	if i == len(o.parts) && i > 0 {
		i-- // older than all: behind the last one
	}
	return i
}

// olderThan are the items that were made before another one; 0: all.
func (o order) olderThan(born int64) iter.Seq[*item] {
	return func(yield func(*item) bool) {
		start := 0
		if born != 0 {
			start = o.part(born)
		}
		for _, part := range o.parts[min(start, len(o.parts)):] {
			for _, it := range part {
				if born != 0 && it.born >= born {
					continue
				}
				if !yield(it) {
					return
				}
			}
		}
	}
}
