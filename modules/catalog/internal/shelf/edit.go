package shelf

import (
	"maps"
	"slices"
	"strings"

	"galleria/modules/catalog/internal/product"
)

// edit is a shelf on its way to the next one.
type edit struct {
	shelf               *Shelf
	byID, bySKU, bySlug *indexEdit
	former              *tableEdit[string]
	slots               *slotsEdit
	reused              map[string]uint32 // slots of what was removed, by id
	gone                []*item           // active ones
	added               []fresh
	byCategory          map[string]*partChange
	held                map[string]int
}

func (s *Shelf) edit() *edit {
	e := &edit{
		shelf: s, byID: s.byID.edit(), bySKU: s.bySKU.edit(), bySlug: s.bySlug.edit(), former: s.former.edit(),
		slots: s.slots.edit(), reused: map[string]uint32{}, byCategory: map[string]*partChange{}, held: maps.Clone(s.held),
	}
	if e.held == nil {
		e.held = map[string]int{}
	}
	return e
}

// remove takes a product off the shelf, if it is there.
func (e *edit) remove(id string) (slot uint32, was bool) {
	if slot, was = e.reused[id]; was {
		return slot, true
	}
	old, it := e.shelf.find(e.shelf.byID, id, func(p *product.Product) bool { return p.ID() == id })
	if old == nil {
		return 0, false
	}
	slot = it.slot
	e.reused[id] = slot
	e.byID.remove(id, slot)
	e.bySlug.remove(old.Slug(), slot)
	for _, sku := range old.SKUs() {
		e.bySKU.remove(sku, slot)
	}
	for _, slug := range old.Former() {
		e.former.remove(slug)
	}
	if e.held[old.Category()]--; e.held[old.Category()] == 0 {
		delete(e.held, old.Category())
	}
	if old.Active() {
		e.gone = append(e.gone, it)
		c := e.category(old.Category())
		c.gone = append(c.gone, it)
	}
	return slot, true
}

func (e *edit) add(p *product.Product) {
	slot, known := e.reused[p.ID()]
	if !known {
		slot = e.slots.next()
	}
	it := &item{record: pack(p), born: p.Born(), slot: slot}
	e.slots.put(slot, it)
	e.byID.put(p.ID(), slot)
	e.bySlug.put(p.Slug(), slot)
	for _, sku := range p.SKUs() {
		e.bySKU.put(sku, slot)
	}
	for _, slug := range p.Former() {
		e.former.put(strings.Clone(slug), strings.Clone(p.ID())) // else they may keep a whole record
	}
	e.held[p.Category()]++
	if p.Active() {
		e.added = append(e.added, fresh{it, p})
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
	s.byID, s.bySKU, s.bySlug, s.former = e.byID.index(), e.bySKU.index(), e.bySlug.index(), e.former.table()
	s.slots, s.held = e.slots.slots(), e.held
	added := make([]*item, len(e.added))
	for i, f := range e.added {
		added[i] = f.item
	}
	s.all = s.all.change(e.gone, added)
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
	s.leaves = slices.Clone(s.leaves)
	without(s.leaves, e.gone)
	if len(e.added) > 0 {
		s.leaves = append(s.leaves, leaf{segment: newSegment(e.added, s.marks)})
	}
	s.leaves = merged(s.leaves)
}

// slots are the current items. Slots of deleted products stay empty.
type slots struct {
	parts [][]*item
	count uint32
}

func (s slots) at(slot uint32) *item { return s.parts[slot/full][slot%full] }

func (s slots) edit() *slotsEdit {
	return &slotsEdit{all: slots{slices.Clone(s.parts), s.count}, ours: map[uint32]bool{}}
}

type slotsEdit struct {
	all  slots
	ours map[uint32]bool
}

func (e *slotsEdit) next() uint32 {
	e.all.count++
	return e.all.count - 1
}

func (e *slotsEdit) put(slot uint32, it *item) {
	i := slot / full
	for int(i) >= len(e.all.parts) {
		e.ours[uint32(len(e.all.parts))] = true
		e.all.parts = append(e.all.parts, make([]*item, full))
	}
	if !e.ours[i] {
		e.ours[i] = true
		e.all.parts[i] = slices.Clone(e.all.parts[i])
	}
	e.all.parts[i][slot%full] = it
}

func (e *slotsEdit) slots() slots { return e.all }
