package shelf

import (
	"sync/atomic"

	"galleria/modules/catalog/internal/product"
)

// mostRecent is how many products are kept unpacked; one or two kB each.
const mostRecent = 1024

// recent are the products that were looked up last. Who buys a thing has it looked up
// several times: by the page, the cart, the price and the order, each for each line. To
// unpack it for each was a tenth of a page of a cart of 50 lines. Safe for concurrent
// use: a product that two look up at once may stand here twice, which costs a place.
type recent struct {
	ring [mostRecent]atomic.Pointer[item]
	next atomic.Uint32
}

// product is what the item packs. Read only: others get the same.
func (r *recent) product(it *item) *product.Product {
	if p := it.unpacked.Load(); p != nil {
		return p
	}
	p := it.record.unpack()
	it.unpacked.Store(p)
	if oldest := r.ring[r.next.Add(1)%mostRecent].Swap(it); oldest != nil && oldest != it {
		oldest.unpacked.Store(nil)
	}
	return p
}
