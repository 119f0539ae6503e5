package storefront

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"galleria/app/storefront/internal/page"
	catalogv1 "galleria/modules/catalog/v1"
	inventoryv1 "galleria/modules/inventory/v1"
)

// stockBook is what inventory last said, sku by sku. Visitors look at many
// products; when the book has to ask about one, it asks about others that were
// looked at lately as well, so that inventory answers a few questions a second
// and not one for each page.
type stockBook struct {
	mu      sync.Mutex
	entries map[string]*stockEntry
	silent  time.Time // when inventory last did not answer
}

type stockEntry struct {
	available int64
	known     time.Time // when inventory was asked for it, and answered
	asked     time.Time // when inventory was last asked for it
	looked    time.Time // when a page last wanted it
}

const (
	stockBatch   = 200 // GetLevels' limit
	stockTimeout = 700 * time.Millisecond
	stockMemory  = 2 * time.Second // what nobody wants for so long is not asked for again
)

// soldOut is said of what nothing is left of.
const soldOut = "Sold out for now"

// stockOf is what a product's page says of each variant. It is silent when
// inventory is: a page without stock is better than none.
func (s *Storefront) stockOf(ctx context.Context, skus ...string) []page.Stock {
	all := make([]page.Stock, len(skus))
	counts, known := s.counts(ctx, stockTimeout, skus)
	if !known {
		return all
	}
	for i, sku := range skus {
		all[i] = stockText(counts[sku])
	}
	return all
}

// counts are what can be sold of skus, up to stockBatch of them; false when inventory
// does not say in time.
func (s *Storefront) counts(ctx context.Context, within time.Duration, skus []string) (map[string]int64, bool) {
	now := s.now()
	counts := make(map[string]int64, len(skus))
	var missing []string
	for _, sku := range skus {
		if n, ok := s.stock.read(sku, now, s.freshness); ok {
			counts[sku] = n
		} else {
			missing = append(missing, sku)
		}
	}
	if len(missing) == 0 {
		return counts, true
	}
	asking := s.stock.stale(missing, now, s.freshness)
	if asking == nil {
		return nil, false
	}
	answer := s.ask(ctx, asking, now)
	waiting, done := context.WithTimeout(ctx, within)
	defer done()
	select {
	case fresh := <-answer:
		if fresh == nil {
			return nil, false
		}
		for _, sku := range missing {
			counts[sku] = fresh[sku]
		}
		return counts, true
	case <-waiting.Done():
		return nil, false
	}
}

// ask asks inventory, and writes its answer into the book, also when the page does not
// wait for it: a slow answer is there for the next page, and only after stockTimeout is
// inventory taken for silent. The answer is nil when there is none.
func (s *Storefront) ask(ctx context.Context, skus []string, now time.Time) <-chan map[string]int64 {
	answer := make(chan map[string]int64, 1)
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), stockTimeout)
	go func() {
		defer done()
		fresh, answered := s.available(ctx, skus)
		s.stock.write(skus, fresh, answered, now)
		answer <- fresh
	}()
	return answer
}

// listTimeout is how long a list waits for the stock of what it shows. It is short:
// the order of a page is worth less than the page.
const listTimeout = 100 * time.Millisecond

// inStockFirst are the cards of a page of a list, those of which nothing is left
// behind the others. The catalog knows no stock, so that only the products of one page
// change their places; pages follow one another as the catalog has them.
func (s *Storefront) inStockFirst(ctx context.Context, products []*catalogv1.Product, currency string) []page.Card {
	cards := s.cards(products, currency)
	var skus []string
	asked := 0 // products of which all variants are asked for
	for _, p := range products {
		if len(skus)+len(p.GetVariants()) > stockBatch {
			break
		}
		for _, v := range p.GetVariants() {
			if v.GetActive() {
				skus = append(skus, v.GetSku())
			}
		}
		asked++
	}
	counts, known := s.counts(ctx, listTimeout, skus)
	if !known {
		return cards
	}
	for i, p := range products[:asked] {
		cards[i].SoldOut = !slices.ContainsFunc(p.GetVariants(), func(v *catalogv1.Variant) bool { return v.GetActive() && counts[v.GetSku()] > 0 })
	}
	slices.SortStableFunc(cards, func(a, b page.Card) int {
		switch {
		case a.SoldOut == b.SoldOut:
			return 0
		case a.SoldOut:
			return 1
		}
		return -1
	})
	return cards
}

func stockText(n int64) page.Stock {
	switch {
	case n <= 0:
		return page.Stock{Text: soldOut, Class: "none", None: true}
	case n <= 5:
		return page.Stock{Text: fmt.Sprintf("Only %d left", n), Class: "few"}
	}
	return page.Stock{Text: "In stock, ready to send"}
}

// read is what is known and not too old.
func (b *stockBook) read(sku string, now time.Time, freshness time.Duration) (int64, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.entries[sku]
	if e == nil {
		return 0, false
	}
	e.looked = now
	return e.available, now.Sub(e.known) < freshness
}

// stale are the skus and others that should be asked for with them; nil while
// inventory is silent. What nobody wants any more is forgotten on the way.
func (b *stockBook) stale(skus []string, now time.Time, freshness time.Duration) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now.Sub(b.silent) < freshness {
		return nil
	}
	asking := slices.Clone(skus)
	seen := 0
	for other, e := range b.entries {
		if seen++; len(asking) >= stockBatch || seen > 2*stockBatch {
			break // the rest is for the next time
		}
		switch {
		case now.Sub(e.looked) >= stockMemory:
			delete(b.entries, other)
		case now.Sub(e.known) >= freshness && now.Sub(e.asked) >= freshness && !slices.Contains(skus, other):
			e.asked = now
			asking = append(asking, other)
		}
	}
	return asking
}

func (b *stockBook) write(asked []string, counts map[string]int64, answered bool, at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !answered {
		b.silent = at
		return
	}
	if b.entries == nil {
		b.entries = map[string]*stockEntry{}
	}
	for _, sku := range asked {
		looked := at
		if e := b.entries[sku]; e != nil {
			looked = e.looked
		}
		b.entries[sku] = &stockEntry{available: counts[sku], known: at, looked: looked}
	}
}

// available is what can be sold of each sku; false when inventory does not say in time.
// An sku it does not know can't be sold.
func (s *Storefront) available(ctx context.Context, skus []string) (map[string]int64, bool) {
	answer, err := s.Inventory.GetLevels(ctx, &inventoryv1.GetLevelsRequest{Skus: skus})
	if err != nil {
		return nil, false
	}
	counts := make(map[string]int64, len(skus))
	for _, l := range answer.GetLevels() {
		counts[l.GetSku()] += l.GetAvailable() // at all locations
	}
	return counts, true
}
