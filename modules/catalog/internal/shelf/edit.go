package shelf

import (
	"maps"
	"slices"

	"galleria/modules/catalog/internal/product"
)

// edit is a shelf on its way to the next one.
type edit struct {
	shelf               *Shelf
	byID, bySKU, bySlug *tableEdit[*item]
	former              *tableEdit[string]
	slots               *slotsEdit
	reused              map[string]int // slots of what was removed, by id
	gone, added         []*item        // active ones
	byCategory          map[string]*partChange
	held                map[string]int
}

func (s *Shelf) edit() *edit {
	e := &edit{
		shelf: s, byID: s.byID.edit(), bySKU: s.bySKU.edit(), bySlug: s.bySlug.edit(), former: s.former.edit(),
		slots: s.slots.edit(), reused: map[string]int{}, byCategory: map[string]*partChange{}, held: maps.Clone(s.held),
	}
	if e.held == nil {
		e.held = map[string]int{}
	}
	return e
}

// remove takes a product off the shelf; nil when it is not there.
func (e *edit) remove(id string) *item {
	old, _ := e.byID.get(id)
	if old == nil {
		return nil
	}
	e.byID.remove(id)
	e.bySlug.remove(old.Slug())
	for _, sku := range old.SKUs() {
		e.bySKU.remove(sku)
	}
	for _, slug := range old.Former() {
		e.former.remove(slug)
	}
	e.reused[id] = old.slot
	if e.held[old.Category()]--; e.held[old.Category()] == 0 {
		delete(e.held, old.Category())
	}
	if old.Active() {
		e.gone = append(e.gone, old)
		c := e.category(old.Category())
		c.gone = append(c.gone, old)
	}
	return old
}

func (e *edit) add(p *product.Product) {
	slot, known := e.reused[p.ID()]
	if !known {
		slot = e.slots.next()
	}
	it := e.shelf.newItem(*p, slot)
	e.slots.put(slot, it)
	e.byID.put(p.ID(), it)
	e.bySlug.put(p.Slug(), it)
	for _, sku := range p.SKUs() {
		e.bySKU.put(sku, it)
	}
	for _, slug := range p.Former() {
		e.former.put(slug, p.ID())
	}
	e.held[p.Category()]++
	if p.Active() {
		e.added = append(e.added, it)
		c := e.category(p.Category())
		c.added = append(c.added, it)
	}
}

func (e *edit) category(slug string) *partChange {
	if e.byCategory[slug] == nil {
		e.byCategory[slug] = &partChange{}
	}
	return e.byCategory[slug]
}

// finish puts what was changed into the shelf.
func (e *edit) finish() {
	s := e.shelf
	s.byID, s.bySKU, s.bySlug, s.former = e.byID.table(), e.bySKU.table(), e.bySlug.table(), e.former.table()
	s.slots, s.held = e.slots.slots(), e.held
	s.all = s.all.change(e.gone, e.added)
	s.byCategory = maps.Clone(s.byCategory)
	if s.byCategory == nil {
		s.byCategory = map[string]order{}
	}
	for slug, c := range e.byCategory {
		if o := s.byCategory[slug].change(c.gone, c.added); o.count > 0 {
			s.byCategory[slug] = o
		} else {
			delete(s.byCategory, slug)
		}
	}
	if len(e.added) > 0 {
		s.segments = merged(append(slices.Clone(s.segments), newSegment(e.added)), s.slots)
	}
}

// slots says which item is the current one of its product: what an index has in
// its place is an older state. Slots of deleted products stay empty.
type slots struct {
	parts [][]*item
	count int
}

func (s slots) has(it *item) bool { return s.parts[it.slot/full][it.slot%full] == it }

func (s slots) edit() *slotsEdit {
	return &slotsEdit{all: slots{slices.Clone(s.parts), s.count}, ours: map[int]bool{}}
}

type slotsEdit struct {
	all  slots
	ours map[int]bool
}

func (e *slotsEdit) next() int {
	e.all.count++
	return e.all.count - 1
}

func (e *slotsEdit) put(slot int, it *item) {
	i := slot / full
	for i >= len(e.all.parts) {
		e.ours[len(e.all.parts)] = true
		e.all.parts = append(e.all.parts, make([]*item, full))
	}
	if !e.ours[i] {
		e.ours[i] = true
		e.all.parts[i] = slices.Clone(e.all.parts[i])
	}
	e.all.parts[i][slot%full] = it
}

func (e *slotsEdit) slots() slots { return e.all }
