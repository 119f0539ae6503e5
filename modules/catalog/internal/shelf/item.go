package shelf

import (
	"slices"
	"sync/atomic"

	"galleria/modules/catalog/internal/product"
)

// item is a product on the shelf. Another state of it is another item.
type item struct {
	record record
	born   int64
	slot   uint32

	unpacked atomic.Pointer[product.Product] // while it is among the recent
}

// lowest is what the cheapest active variant costs in a currency.
type lowest struct {
	currency string
	amount   int64
}

// unpriced is the price of what has none in a currency.
const unpriced = -1

// lowestPrices are those of a product, by currency.
func lowestPrices(p *product.Product) (all []lowest) {
	for _, v := range p.Facts().Variants {
		for _, price := range v.Prices {
			known := slices.ContainsFunc(all, func(l lowest) bool { return l.currency == price.Currency })
			if amount, priced := p.Lowest(price.Currency); priced && !known {
				all = append(all, lowest{price.Currency, amount})
			}
		}
	}
	return all
}
