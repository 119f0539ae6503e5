package storefront

import (
	"context"
	"slices"
	"sync"
	"time"

	"galleria/app/storefront/internal/page"
	catalogv1 "galleria/modules/catalog/v1"
)

// neighbours are the newest products of each department, which every product
// page of it shows below, by the currency of their prices.
type neighbours struct {
	mu     sync.Mutex
	groups map[shelf]group
}

type shelf struct{ category, currency string }

type group struct {
	cards   []page.Card
	version uint64 // changes when they do
	at      time.Time
}

// others are the newest products of a department. A page does without when
// they can't be had.
func (s *Storefront) others(ctx context.Context, category, currency string) group {
	n, at := &s.neighbours, shelf{category, currency}
	n.mu.Lock()
	known := n.groups[at]
	n.mu.Unlock()
	if known.version != 0 && s.now().Sub(known.at) < s.freshness {
		return known
	}
	fresh := group{at: s.now()}
	answer, err := s.Catalog.ListProducts(ctx, &catalogv1.ListProductsRequest{Category: category, PageSize: 5})
	if err != nil {
		return known
	}
	fresh.cards = s.cards(answer.GetProducts(), currency)
	fresh.version = s.versions.Add(1)
	if slices.Equal(known.cards, fresh.cards) && known.version != 0 {
		fresh.version = known.version
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.groups == nil {
		n.groups = map[shelf]group{}
	}
	// Only categories that hold a product come here, so they are not too many.
	n.groups[at] = fresh
	return fresh
}
