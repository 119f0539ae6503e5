package stock

import (
	"errors"
	"fmt"
)

// ErrReleased is returned for an order whose goods were given back.
var ErrReleased = errors.New("the goods of the order were given back")

// ErrKeyReused is returned for a key or an order that was used before for
// something else.
var ErrKeyReused = errors.New("used before for something else")

// Short is the error of an order that wants more than is available.
type Short struct {
	SKU       string
	Available int64
	// Held: there are enough, and Available is what an order may hold of them before it
	// is paid.
	Held bool
}

func (s Short) Error() string {
	if s.Held {
		return fmt.Sprintf("%s: an order that is not paid can hold %d at most", s.SKU, s.Available)
	}
	return fmt.Sprintf("%s: only %d available", s.SKU, s.Available)
}

// BelowAllocated is the error of a change that would leave fewer on hand than
// are kept for orders.
type BelowAllocated struct{ Level }

func (b BelowAllocated) Error() string {
	if b.Allocated == 0 {
		return fmt.Sprintf("%s at %s: fewer than none would be on hand", b.SKU, b.Location)
	}
	return fmt.Sprintf("%s at %s: of %d on hand %d are allocated to orders, and fewer would be there", b.SKU, b.Location, b.OnHand, b.Allocated)
}

// NotAllocated is the error of shipping or releasing what is not kept for the
// order.
type NotAllocated struct {
	OrderID, SKU string
	Allocated    int64
}

func (n NotAllocated) Error() string {
	return fmt.Sprintf("order %s has %d of %s allocated, not more", n.OrderID, n.Allocated, n.SKU)
}
