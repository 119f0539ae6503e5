package shelf

import (
	"cmp"
	"slices"
	"strings"

	"galleria/modules/catalog/internal/product"
)

// Sort is an order products are listed in.
type Sort int

// The orders.
const (
	Newest Sort = iota
	Cheapest
	Dearest
	ByName
)

// Key is a product's place in any order. As every product has another Born,
// no two keys are equal.
type Key struct {
	Rank  int    // how well the product matches a search
	Price int64  // in minor units; below zero: none
	Name  string // folded
	Born  int64
}

func (it *item) key(rank int, currency string) Key {
	return Key{Rank: rank, Price: it.price(currency), Name: it.name, Born: it.Born()}
}

// compare is below 0 when a comes before b.
func (s Sort) compare(a, b *Key) int {
	newer := cmp.Compare(b.Born, a.Born)
	switch s {
	case Cheapest, Dearest:
		if (a.Price < 0) != (b.Price < 0) {
			return cmp.Compare(b.Price, a.Price) // without a price: last
		}
		if s == Cheapest {
			return cmp.Or(cmp.Compare(a.Price, b.Price), newer)
		}
		return cmp.Or(cmp.Compare(b.Price, a.Price), newer)
	case ByName:
		return cmp.Or(strings.Compare(a.Name, b.Name), newer)
	default:
		return cmp.Or(cmp.Compare(b.Rank, a.Rank), newer)
	}
}

// picker finds the products of one page among many that come in any order, without
// sorting all of them.
type picker struct {
	query  Query
	total  int
	chosen []keyed
	worst  *Key // when as many were chosen as are needed: others come before it
}

type keyed struct {
	Key
	*item
}

func newPicker(q Query) *picker { return &picker{query: q} }

func (p *picker) add(it *item, rank int) {
	p.total++
	if p.worst != nil && p.query.Sort == Newest && (rank < p.worst.Rank || rank == p.worst.Rank && it.Born() < p.worst.Born) {
		return // as most are in a long list, without looking at more of the product
	}
	key := it.key(rank, p.query.Currency)
	if p.query.After != nil && p.query.Sort.compare(p.query.After, &key) >= 0 {
		return
	}
	if p.worst != nil && p.query.Sort.compare(p.worst, &key) < 0 {
		return
	}
	if p.chosen = append(p.chosen, keyed{key, it}); len(p.chosen) >= 4*(p.query.Size+1) {
		p.cut()
	}
}

// cut keeps the best, and one more that tells whether there is another page.
func (p *picker) cut() {
	slices.SortFunc(p.chosen, func(a, b keyed) int { return p.query.Sort.compare(&a.Key, &b.Key) })
	if len(p.chosen) > p.query.Size {
		p.chosen = p.chosen[:p.query.Size+1]
		worst := p.chosen[p.query.Size].Key
		p.worst = &worst
	}
}

func (p *picker) page() Page {
	p.cut()
	page := Page{Total: p.total}
	if len(p.chosen) > p.query.Size {
		p.chosen = p.chosen[:p.query.Size]
		last := p.chosen[p.query.Size-1].Key
		page.Last = &last
	}
	page.Products = make([]*product.Product, len(p.chosen))
	for i := range p.chosen {
		page.Products[i] = &p.chosen[i].item.Product
	}
	return page
}
