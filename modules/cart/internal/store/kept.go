package store

import (
	"slices"
	"sync"

	"galleria/modules/cart/internal/cart"
)

// mostKept bounds each half of what is kept, in lines; some 150 bytes each.
const mostKept = 50_000

// kept are carts as they were read last, so that a cart that is looked at again costs
// a look at its version, not at each of its lines. What is kept is never believed
// without that: another process may have changed the cart. Carts are in the young half
// when they were used lately; when it is full it becomes the old one, and the old one is
// forgotten. Safe for concurrent use.
type kept struct {
	most int // lines in a half

	mu         sync.Mutex
	young, old map[string]cart.Cart
	size       int // of the young half
}

func newKept(most int) *kept { return &kept{most: most, young: map[string]cart.Cart{}} }

// get is a cart that is kept, with lines and codes of its receiver's own.
func (k *kept) get(id string) (cart.Cart, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	c, found := k.young[id]
	if !found {
		if c, found = k.old[id]; !found {
			return cart.Cart{}, false
		}
		delete(k.old, id)
		k.add(c)
	}
	return own(c), true
}

func (k *kept) put(c cart.Cart) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.drop(c.ID)
	k.add(own(c))
}

// forget drops a cart that was changed here: to look at its version would be in vain.
func (k *kept) forget(id string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.drop(id)
}

func (k *kept) add(c cart.Cart) {
	if k.size >= k.most {
		k.old, k.young, k.size = k.young, map[string]cart.Cart{}, 0
	}
	k.young[c.ID] = c
	k.size += 1 + len(c.Lines)
}

func (k *kept) drop(id string) {
	if c, found := k.young[id]; found {
		k.size -= 1 + len(c.Lines)
	}
	delete(k.young, id)
	delete(k.old, id)
}

func own(c cart.Cart) cart.Cart {
	c.Lines, c.Codes = slices.Clone(c.Lines), slices.Clone(c.Codes)
	return c
}
